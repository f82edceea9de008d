-- One row per move of a price, as db/moves.py keeps them.
create view market.price_change as
select
    o.model,
    o.provider_id as provider,
    o.plan,
    l.meter,
    l.condition,
    m.changed_at,
    m.old_usd,
    m.new_usd,
    case when m.old_usd > 0 then m.new_usd / m.old_usd end as ratio,
    case
        when m.kind <> 'first' then m.kind
        when l.condition is not null and exists (
            select 1 from ledger.listing as g where g.offer_id = l.offer_id and g.seen_at < m.seen_at
        ) then 'tier_added'
        else 'new'
    end as kind,
    o.provider || '/' || o.model_key as source_key,
    o.endpoint,
    src.name as source,
    m.seen_at,
    coalesce(sg.address, sc.url) as evidence_url,
    encode(sg.sha256, 'hex') as sha256,
    o.thing,
    m.line_id
from ledger.move as m
inner join ledger.price_line as l on l.id = m.line_id
inner join ledger.offer as o on o.id = l.offer_id
inner join ledger.source as src on src.id = o.source_id
inner join ledger.scope as sc on sc.id = m.scope_id
left join ledger.sighting as sg on sg.scope_id = m.scope_id and sg.seen_at = m.seen_at;

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
