-- One row per move of a price, told by the most trusted source that states it, of those the one that listed it first; what is held,
-- never came into force or was over before it was seen makes no move.
create view market.price_change as
with first as (
    select offer_id, min(seen_at) as seen_at from ledger.listing group by offer_id
),

teller as (
    select distinct on (o.thing, l.meter, l.condition) o.thing, l.meter, l.condition, o.id as offer_id, st.scope_id
    from ledger.standing as st
    inner join ledger.price_line as l on l.id = st.line_id
    inner join ledger.offer as o on o.id = l.offer_id
    inner join ledger.source as src on src.id = o.source_id
    left join first as f on f.offer_id = o.id
    order by o.thing, l.meter, l.condition, st.gone, src.trust, f.seen_at, src.id, o.id, st.scope_id
),

baseline as (
    select scope_id, min(seen_at) as seen_at from ledger.sighting group by scope_id
),

stated as materialized (
    select
        p.thing, p.offer_id, p.meter, p.condition, l.stated_from, s.*,
        min(s.line_id) over price <> max(s.line_id) over price as several
    from teller as p
    inner join ledger.price_line as l
        on l.offer_id = p.offer_id and l.meter = p.meter and l.condition is not distinct from p.condition
    inner join ledger.said as s on s.line_id = l.id and s.scope_id = p.scope_id
    window price as (partition by p.offer_id, p.meter, p.condition)
),

-- Few prices have several lines; to look at those only keeps the planner from comparing all with all.
lined as materialized (select * from stated where several),

-- What stood beside it when it was seen: another line of the same price, and whether a page before had told of one in force that
-- states when it began; on one and the same page the undated price is the one before it.
beside as (
    select s.line_id, s.seen_at, bool_or(coalesce(d.stated_from <= s.seen_at and d.seen_at < s.seen_at, false)) as overruled
    from lined as s
    inner join lined as d
        on d.offer_id = s.offer_id and d.meter = s.meter and d.condition is not distinct from s.condition and d.line_id <> s.line_id
            and not d.gone and d.seen_at <= s.seen_at and coalesce(d.gone_at > s.seen_at, true)
    where s.gone or s.stated_from is null
    group by s.line_id, s.seen_at
),

told as (
    select
        s.*,
        coalesce(case when not s.gone then s.stated_from end, s.seen_at) as changed_at
    from stated as s
    left join beside as b on b.line_id = s.line_id and b.seen_at = s.seen_at
    left join ledger.quarantine as q on q.line_id = s.line_id and q.seen_at = s.seen_at and q.scope_id = s.scope_id
    where q.line_id is null and case
        when not s.gone
            then s.usd is not null
                and not (s.stated_from is null and coalesce(b.overruled, false))
                and coalesce(s.stated_to > coalesce(s.stated_from, s.seen_at), true)
                and (s.corrected or coalesce(s.gone_at > s.stated_from, true))
        else coalesce(s.stated_from <= s.seen_at, true)
            and b.line_id is null
            and (
                3 <= (
                    select count(*) from ledger.sighting as sg
                    where sg.scope_id = s.scope_id and sg.complete and sg.seen_at >= s.seen_at and coalesce(sg.seen_at < s.gone_at, true)
                )
                or not exists (
                    select 1 from ledger.listing as g
                    where g.offer_id = s.offer_id and g.scope_id = s.scope_id and g.seen_at = s.seen_at and g.gone
                )
            )
    end
),

moved as (
    select
        t.*,
        lag(t.usd) over path as old_usd,
        lag(t.gone) over path as was_gone,
        lag(t.line_id) over path as old_line,
        row_number() over path as place
    from told as t
    window path as (
        partition by t.offer_id, t.meter, t.condition
        order by greatest(t.changed_at, t.seen_at), t.gone desc, t.stated_from nulls first, t.seen_at
    )
)

select
    o.model,
    o.provider_id as provider,
    o.plan,
    m.meter,
    m.condition,
    m.changed_at,
    case when m.was_gone then null else m.old_usd end as old_usd,
    case when m.gone then null else m.usd end as new_usd,
    case when not m.gone and not m.was_gone and m.old_usd > 0 then m.usd / m.old_usd end as ratio,
    case
        when m.gone then 'withdrawn'
        when m.place = 1 and m.condition is not null and first.seen_at < m.seen_at then 'tier_added'
        when m.place = 1 then 'new'
        when m.was_gone then 'relisted'
        when m.stated_from is not null and m.old_line = m.line_id then 'correction'
        when m.usd < m.old_usd then 'cut'
        else 'rise'
    end as kind,
    o.provider || '/' || o.model_key as source_key,
    o.endpoint,
    src.name as source,
    m.seen_at,
    coalesce(sg.address, sc.url) as evidence_url,
    encode(sg.sha256, 'hex') as sha256,
    m.thing,
    m.line_id
from moved as m
inner join ledger.offer as o on o.id = m.offer_id
inner join ledger.source as src on src.id = o.source_id
inner join ledger.scope as sc on sc.id = m.scope_id
inner join baseline as b on b.scope_id = m.scope_id
left join ledger.sighting as sg on sg.scope_id = m.scope_id and sg.seen_at = m.seen_at
inner join first on first.offer_id = m.offer_id
where
    case
        when m.gone then coalesce(not m.was_gone, false)
        when m.place = 1 then m.seen_at > b.seen_at
        else m.was_gone or m.usd is distinct from m.old_usd
    end;

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
comment on column market.price_change.kind is 'new, cut, rise, withdrawn, relisted, tier_added or correction (alias and currency are kept for later).';
comment on column market.price_change.source_key is 'PROVIDER/MODEL as the source spells both.';
comment on column market.price_change.endpoint is 'The source''s own discriminator where a provider lists one model twice.';
comment on column market.price_change.source is 'The source that tells it.';
comment on column market.price_change.seen_at is 'When it was first seen.';
comment on column market.price_change.evidence_url is 'Address of the page that said so.';
comment on column market.price_change.sha256 is 'Hash of the page''s bytes, kept in the ledger.';
comment on column market.price_change.thing is 'What is on sale, the same text for every source that lists it.';
comment on column market.price_change.line_id is 'Number of the price line, for joins.';
