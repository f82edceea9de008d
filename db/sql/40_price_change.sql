-- What was told of each price before and after, and what kind of move that is. A function, so that it is planned with settings of its
-- own: it reads all that was ever told, in memory.
drop function if exists ledger.moves();
create function ledger.moves() returns table (
    model text, provider text, plan text, meter text, condition text, changed_at timestamptz, old_usd numeric, new_usd numeric, ratio numeric,
    kind text, source_key text, endpoint text, source text, seen_at timestamptz, evidence_url text, sha256 text, thing text, line_id int
)
language sql stable security definer set search_path = '' set work_mem = '64MB' set jit = off rows 40000
as $$
with way as materialized (select * from ledger.way),

-- A tracker that left a price for at most 30 days and came back to it, while an independent source kept to it and none knew the other:
-- slip and repair are corrections and no moves.
doubtful as (
    select line_id, seen_at, old_usd as right_usd, usd as wrong_usd, seen_at as since, next_seen_at as until
    from way where next_usd = old_usd and usd <> old_usd and next_seen_at <= seen_at + interval '30 days'
    union all
    select line_id, seen_at, usd, old_usd, old_seen_at, seen_at
    from way where older_usd = usd and usd <> old_usd and seen_at <= old_seen_at + interval '30 days'
),

slipped as (
    select d.line_id, d.seen_at
    from doubtful as d
    inner join ledger.price_line as l on l.id = d.line_id
    inner join ledger.offer as o on o.id = l.offer_id
    inner join ledger.source as src on src.id = o.source_id and src.trust = 4
    inner join ledger.offer as x on x.thing = o.thing and x.source_id <> o.source_id
    inner join ledger.voice as v on v.source_id = o.source_id and v.provider_id = o.provider_id
    inner join ledger.voice as w on w.source_id = x.source_id and w.provider_id = x.provider_id and w.family <> v.family
    inner join ledger.price_line as y on y.offer_id = x.id and y.meter = l.meter and y.condition is not distinct from l.condition
    cross join lateral (
        select s.usd from ledger.said as s
        where s.line_id = y.id and not s.gone and s.seen_at < d.until and coalesce(s.gone_at > d.since, true)
        offset 0 -- keeps the planner from reading all that was ever said
    ) as s
    group by d.line_id, d.seen_at, d.right_usd, d.wrong_usd
    having bool_or(s.usd = d.right_usd) and not bool_or(s.usd = d.wrong_usd)
),

-- When a source made one of its names mean another model.
pointed as (
    select offer_id, scope_id, seen_at
    from (
        select
            offer_id, scope_id, seen_at, gone, terms ->> 'model' as model,
            lag(terms ->> 'model') over (partition by offer_id, scope_id order by seen_at) as old_model
        from ledger.listing
    ) as n
    where not gone and model <> old_model
),

baseline as (select scope_id, min(seen_at) as seen_at from ledger.sighting group by scope_id)

select
    o.model,
    o.provider_id as provider,
    o.plan,
    l.meter,
    l.condition,
    m.changed_at,
    case when not m.was_gone then m.old_usd end as old_usd,
    case when not m.gone then m.usd end as new_usd,
    case when not m.gone and not m.was_gone and m.old_usd > 0 then m.usd / m.old_usd end as ratio,
    case
        when m.gone then 'withdrawn'
        when m.place = 1 and l.condition is not null and m.listed_at < m.seen_at then 'tier_added'
        when m.place = 1 then 'new'
        when m.was_gone then 'relisted'
        when a.offer_id is not null then 'alias'
        when m.native = m.old_native and m.currency = m.old_currency then 'currency'
        when m.stated_from is not null and m.old_line = m.line_id or c.line_id is not null then 'correction'
        when m.usd < m.old_usd then 'cut'
        else 'rise'
    end as kind,
    o.provider || '/' || o.model_key as source_key,
    o.endpoint,
    src.name as source,
    m.seen_at,
    coalesce(sg.address, sc.url) as evidence_url,
    encode(sg.sha256, 'hex') as sha256,
    o.thing,
    m.line_id
from way as m
inner join ledger.price_line as l on l.id = m.line_id
inner join ledger.offer as o on o.id = m.offer_id
inner join ledger.source as src on src.id = o.source_id
inner join ledger.scope as sc on sc.id = m.scope_id
inner join baseline as b on b.scope_id = m.scope_id
left join ledger.sighting as sg on sg.scope_id = m.scope_id and sg.seen_at = m.seen_at
left join slipped as c on c.line_id = m.line_id and c.seen_at = m.seen_at
left join pointed as a on a.offer_id = m.offer_id and a.scope_id = m.scope_id and a.seen_at = m.seen_at
where case
    when m.gone then coalesce(not m.was_gone, false)
    when m.place = 1 then m.seen_at > b.seen_at
    else m.was_gone or m.usd is distinct from m.old_usd
end
$$;

create view market.price_change as select * from ledger.moves();

comment on view market.price_change is 'One row per move of a price, told by the most trusted source that states it.';
comment on column market.price_change.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.price_change.provider is 'Who bills, one spelling for all sources.';
comment on column market.price_change.plan is 'standard, batch, flex, priority, free …';
comment on column market.price_change.meter is 'What is counted; the suffix is the unit of the price.';
comment on column market.price_change.condition is 'When the price holds, canonical text; NULL for always.';
comment on column market.price_change.changed_at is 'When the new price begins: as stated, else as first seen.';
comment on column market.price_change.old_usd is 'USD per the meter''s unit before; NULL where there was none.';
comment on column market.price_change.new_usd is 'USD per the meter''s unit after; NULL where withdrawn.';
comment on column market.price_change.ratio is 'New over old; NULL where either is missing or the old one is 0.';
comment on column market.price_change.kind is 'new; cut, rise; withdrawn, relisted; tier_added: a conditional price beside an offer already listed; alias: the source made the name mean another model; currency: the amount in the currency it is stated in stayed; correction: a dated price restated, or a tracker''s slip of at most 30 days and its repair, while an independent source kept to the first price and none knew the second.';
comment on column market.price_change.source_key is 'PROVIDER/MODEL as the source spells both.';
comment on column market.price_change.endpoint is 'The source''s own discriminator where a provider lists one model twice.';
comment on column market.price_change.source is 'The source that tells it.';
comment on column market.price_change.seen_at is 'When it was first seen.';
comment on column market.price_change.evidence_url is 'Address of the page that said so.';
comment on column market.price_change.sha256 is 'Hash of the page''s bytes, kept in the ledger.';
comment on column market.price_change.thing is 'What is on sale, the same text for every source that lists it.';
comment on column market.price_change.line_id is 'Number of the price line, for joins.';
