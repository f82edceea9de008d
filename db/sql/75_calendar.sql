-- Prices announced before they begin: what they replace, and where they were withdrawn, what the source says in their place.
-- Few lines are dated: saying that they are not null tells the planner so.
create view ledger.announced as
with ahead as (
    select
        l.id as line_id, l.offer_id, l.meter, l.condition, l.stated_from as due_at, st.scope_id, first.seen_at, st.good_usd as usd, last.amount,
        case when st.gone then st.seen_at end as gone_at
    from ledger.price_line as l
    inner join ledger.standing as st on st.line_id = l.id and st.good_usd is not null
    cross join lateral (
        select min(s.seen_at) as seen_at from ledger.statement as s where s.line_id = l.id and s.scope_id = st.scope_id and not s.gone
    ) as first
    cross join lateral (
        select ledger.amount(s.usd, s.currency, s.native) as amount from ledger.statement as s
        where s.line_id = l.id and s.scope_id = st.scope_id and not s.gone order by s.seen_at desc limit 1
    ) as last
    where l.stated_from is not null and l.stated_from > first.seen_at
)

select
    a.*,
    before.usd as old_usd,
    before.amount as old_amount,
    case when a.gone_at is not null then beside.moved_to end as moved_to,
    case
        when a.gone_at is null then false
        when beside.amount = a.amount then false
        else last.seen_at < a.due_at or beside.amount = before.amount
    end as cancelled
from ahead as a
-- The price in force when this one was announced.
left join lateral (
    select coalesce(s.usd, c.usd) as usd, ledger.amount(s.usd, s.currency, s.native) as amount
    from ledger.price_line as l
    cross join lateral (
        select s.* from ledger.statement as s
        where s.line_id = l.id and s.scope_id = a.scope_id and s.seen_at <= a.seen_at order by s.seen_at desc limit 1
    ) as s
    left join ledger.converted as c on c.line_id = s.line_id and c.scope_id = s.scope_id and c.seen_at = s.seen_at
    where l.offer_id = a.offer_id and l.meter = a.meter and l.condition is not distinct from a.condition
        and coalesce(l.stated_from < a.due_at, true) and not s.gone
    order by l.stated_from desc nulls last limit 1
) as before on true
-- The price in force when this one was withdrawn, and the next day named for the same amount.
left join lateral (
    select
        (array_agg(s.amount order by l.stated_from desc nulls last) filter (where coalesce(l.stated_from <= a.gone_at, true)))[1] as amount,
        min(l.stated_from) filter (where l.stated_from > a.gone_at and s.amount = a.amount) as moved_to
    from ledger.price_line as l
    cross join lateral (
        select ledger.amount(s.usd, s.currency, s.native) as amount, s.gone from ledger.statement as s
        where s.line_id = l.id and s.scope_id = a.scope_id and s.seen_at <= a.gone_at order by s.seen_at desc limit 1
    ) as s
    where l.offer_id = a.offer_id and l.meter = a.meter and l.condition is not distinct from a.condition and not s.gone
) as beside on a.gone_at is not null
left join lateral (
    select max(g.seen_at) as seen_at from ledger.sighting as g where g.scope_id = a.scope_id and g.seen_at < a.gone_at
) as last on a.gone_at is not null;

-- Stated ends after which the source states no price for that line: what was offered for a time.
create view ledger.ending as
with ends as (
    select s.line_id, s.scope_id, s.stated_to as due_at, min(s.seen_at) as seen_at, max(s.seen_at) as last_at
    from ledger.statement as s
    where s.stated_to is not null and s.stated_to > s.seen_at and not s.gone
    group by s.line_id, s.scope_id, s.stated_to
)

select
    l.offer_id, l.meter, l.condition, e.*, st.good_usd as usd, next.seen_at as gone_at, next.stated_to as moved_to,
    coalesce(next.seen_at < e.due_at, false) as cancelled
from ends as e
inner join ledger.price_line as l on l.id = e.line_id
inner join ledger.standing as st on st.line_id = e.line_id and st.scope_id = e.scope_id and st.good_usd is not null
left join lateral (
    select s.seen_at, s.stated_to from ledger.statement as s
    where s.line_id = e.line_id and s.scope_id = e.scope_id and s.seen_at > e.last_at and s.stated_to is distinct from e.due_at
    order by s.seen_at limit 1
) as next on true
where not exists (
    select 1 from ledger.price_line as f
    where f.offer_id = l.offer_id and f.meter = l.meter and f.condition is not distinct from l.condition and f.stated_from = e.due_at
);

-- Retirements as sources state them, dated or by the word deprecated alone, and names that lead elsewhere since.
create view ledger.parting as
with terms as (
    select
        d.offer_id, d.scope_id, d.seen_at, d.gone, (d.terms ->> 'retires_on')::date as day, d.terms ->> 'replacement' as replacement,
        d.terms ->> 'alias_of' as alias_of, coalesce(d.terms ->> 'retires_on', nullif(d.terms ->> 'status', '')) as word,
        lag(d.terms ->> 'alias_of') over past as led_to
    from ledger.listing as d
    where d.offer_id in (
        select c.offer_id from ledger.listing as c where c.terms ?| array['retires_on', 'alias_of'] or c.terms @> '{"status": "deprecated"}'
    )
    window past as (partition by d.offer_id, d.scope_id order by d.seen_at)
),

turns as (
    select t.*, (t.word, t.gone) is not distinct from (lag(t.word) over past, lag(t.gone) over past) as same
    from terms as t
    window past as (partition by t.offer_id, t.scope_id order by t.seen_at)
),

spans as (
    select
        t.*, lead(t.seen_at) over past as next_at, lead(t.gone) over past as next_gone, lead(t.day) over past as next_day,
        min(t.seen_at) over (partition by t.offer_id, t.scope_id, t.word) as first_at,
        row_number() over (partition by t.offer_id, t.scope_id, t.word order by t.seen_at desc) as place
    from turns as t
    where not t.same
    window past as (partition by t.offer_id, t.scope_id order by t.seen_at)
)

select
    'retirement' as kind,
    offer_id, scope_id, coalesce(day, (first_at at time zone 'UTC')::date) as due_on,
    case when day is null then 'seen' else 'stated' end as due_on_basis,
    first_at as seen_at, next_at as gone_at, replacement, next_day as moved_to,
    not next_gone and (day is null or (
        select max(g.seen_at) < s.day from ledger.sighting as g where g.scope_id = s.scope_id and g.seen_at < s.next_at
    )) as cancelled,
    next_gone and 3 <= (
        select count(*) from ledger.sighting as g where g.scope_id = s.scope_id and g.complete and g.seen_at >= s.next_at
    ) as over
from spans as s
where place = 1 and (day is not null or word = 'deprecated')
union all
select
    'alias_switch', offer_id, scope_id, (seen_at at time zone 'UTC')::date, 'seen', seen_at, null, alias_of, null, false, true
from terms
where alias_of <> led_to;

-- What is coming and what became of it: one row per source, its name for the offer, kind and day.
create view market.calendar as
with told as (
    select
        kind, offer_id, scope_id, due_on, due_on_basis, seen_at, gone_at, replacement, moved_to, coalesce(cancelled, false) as cancelled,
        coalesce(over, false) as over, null::text as says
    from ledger.parting
    union all
    select
        'price', offer_id, scope_id, (due_at at time zone 'UTC')::date, 'stated', seen_at, gone_at, null, (moved_to at time zone 'UTC')::date,
        cancelled, due_at <= now() or (gone_at is not null and not cancelled),
        concat_ws(' ', meter || coalesce(' (' || condition || ')', ''), trim_scale(old_usd) || ' to', trim_scale(usd), 'USD')
    from ledger.announced
    where amount is distinct from old_amount
    union all
    select
        'promotion_end', offer_id, scope_id, (due_at at time zone 'UTC')::date, 'stated', seen_at, gone_at, null,
        (moved_to at time zone 'UTC')::date, cancelled, due_at <= now(),
        concat_ws(' ', meter || coalesce(' (' || condition || ')', ''), trim_scale(usd), 'USD ends')
    from ledger.ending
)

select
    t.due_on,
    t.kind,
    case
        when bool_and(t.cancelled) then 'cancelled'
        when bool_or(not t.cancelled and not t.over and t.due_on > (now() at time zone 'UTC')::date) then 'announced'
        else 'in_force'
    end as status,
    src.name as source,
    o.provider || '/' || o.model_key as source_key,
    min(o.model) as model,
    min(o.provider_id) as provider,
    min(t.replacement) as replacement,
    (array_agg(coalesce(sg.address, sc.url) order by t.seen_at))[1] as evidence,
    t.due_on - (now() at time zone 'UTC')::date as days_left,
    min(t.due_on_basis) as due_on_basis,
    left(string_agg(distinct coalesce(nullif(o.plan, 'standard') || ' ', '') || t.says, ', '), 400) as says,
    array_agg(distinct o.plan) as plans,
    min(t.moved_to) filter (where t.cancelled) as moved_to,
    min(t.seen_at) as seen_at,
    case when bool_and(t.gone_at is not null) then max(t.gone_at) end as gone_at,
    (array_agg(encode(sg.sha256, 'hex') order by t.seen_at))[1] as sha256
from told as t
inner join ledger.offer as o on o.id = t.offer_id
inner join ledger.source as src on src.id = o.source_id
inner join ledger.scope as sc on sc.id = t.scope_id
left join ledger.sighting as sg on sg.scope_id = t.scope_id and sg.seen_at = t.seen_at
group by t.kind, t.due_on, src.name, o.provider, o.model_key;

comment on view market.calendar is 'What sources announced, and what became of it: one row per source, its name for the offer, kind and day.';
comment on column market.calendar.due_on is 'Day it comes, UTC: as stated, else the day it was first seen.';
comment on column market.calendar.kind is 'price (a new price begins), retirement, promotion_end (a price ends and no next one is stated) or alias_switch.';
comment on column market.calendar.status is 'announced (still to come), in_force (it has come) or cancelled (taken back, or never seen to have come).';
comment on column market.calendar.source is 'The source that says so.';
comment on column market.calendar.source_key is 'PROVIDER/MODEL as that source spells both.';
comment on column market.calendar.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.calendar.provider is 'Who bills, one spelling for all sources.';
comment on column market.calendar.replacement is 'What the source says takes its place, as that source spells it; NULL where it does not say.';
comment on column market.calendar.evidence is 'Address of the page that said so first.';
comment on column market.calendar.days_left is 'Days from today (UTC) to that day; 0 today, below 0 once it has passed.';
comment on column market.calendar.due_on_basis is 'stated, or seen where the source names no day.';
comment on column market.calendar.says is 'Which prices change, USD per the meter''s unit; NULL for a retirement.';
comment on column market.calendar.plans is 'The plans it is said of.';
comment on column market.calendar.moved_to is 'Day the source named in place of a cancelled one; NULL where it named none.';
comment on column market.calendar.seen_at is 'When it was first seen.';
comment on column market.calendar.gone_at is 'When the source first said otherwise or fell silent; NULL while it stands.';
comment on column market.calendar.sha256 is 'Hash of the page''s bytes, kept in the ledger; NULL where it came from a repository.';
