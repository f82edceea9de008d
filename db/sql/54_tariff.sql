-- What together makes a bill now: as market.price, but hours only beside the ordinary price of the source that tells them.
create view market.tariff as
select
    o.model,
    o.provider || '/' || o.model_key as source_key,
    o.provider_id as provider,
    o.endpoint,
    o.plan,
    t.meter,
    t.condition,
    t.usd as price_usd,
    src.name as source,
    t.thing
from ledger.tariff as t
inner join ledger.price_line as l on l.id = t.line_id
inner join ledger.offer as o on o.id = l.offer_id
inner join ledger.source as src on src.id = o.source_id;

comment on view market.tariff is 'The believed prices of each thing on sale that together make a bill, as the last run left them; hours are there only where the source that tells them also states the ordinary price that is believed.';
comment on column market.tariff.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.tariff.source_key is 'PROVIDER/MODEL as the believed source spells both.';
comment on column market.tariff.provider is 'Who bills, one spelling for all sources.';
comment on column market.tariff.endpoint is 'The source''s own discriminator where a provider lists one model twice.';
comment on column market.tariff.plan is 'standard, batch, flex, priority, free …';
comment on column market.tariff.meter is 'What is counted; the suffix is the unit of the price.';
comment on column market.tariff.condition is 'When the price holds, canonical text; NULL for always.';
comment on column market.tariff.price_usd is 'USD per the meter''s unit.';
comment on column market.tariff.source is 'The source believed.';
comment on column market.tariff.thing is 'What is on sale, the same text for every source that lists it.';
