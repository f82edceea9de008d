-- What currencies were worth, day by day; and the prices that wait for such a day.
create view market.rate as
select r.day, r.currency, r.usd, src.name as source, r.seen_at
from ledger.rate as r inner join ledger.source as src on src.id = r.source_id;

comment on view market.rate is 'What one unit of a currency was worth, business day by business day. A price in it counts by the last one published, in Frankfurt at 16:00, before the price was first seen.';
comment on column market.rate.day is 'Business day the rate was set, in Frankfurt.';
comment on column market.rate.currency is 'ISO 4217 code.';
comment on column market.rate.usd is 'USD per unit of the currency.';
comment on column market.rate.source is 'Name of the source of the newest look that states it.';
comment on column market.rate.seen_at is 'The newest look that states it.';

create view market.rate_wait as
select
    o.model,
    o.provider || '/' || o.model_key as source_key,
    o.provider_id as provider,
    o.endpoint,
    o.plan,
    l.meter,
    l.condition,
    c.currency,
    c.native,
    src.name as source,
    st.seen_at,
    o.thing,
    st.line_id
from ledger.standing as st
inner join ledger.converted as c on c.line_id = st.line_id and c.scope_id = st.scope_id and c.seen_at = st.seen_at and c.usd is null
inner join ledger.price_line as l on l.id = st.line_id
inner join ledger.offer as o on o.id = l.offer_id
inner join ledger.source as src on src.id = o.source_id
where not st.gone and st.usd is null and st.native is not null;

comment on view market.rate_wait is 'Prices that stand in another currency and have no USD, since no rate is known for the week in which they were first seen.';
comment on column market.rate_wait.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.rate_wait.source_key is 'PROVIDER/MODEL as the source spells both.';
comment on column market.rate_wait.provider is 'Who bills, one spelling for all sources.';
comment on column market.rate_wait.endpoint is 'The source''s own discriminator where a provider lists one model twice.';
comment on column market.rate_wait.plan is 'standard, batch, flex, priority, free …';
comment on column market.rate_wait.meter is 'What is counted; the suffix is the unit of the price.';
comment on column market.rate_wait.condition is 'When the price holds, canonical text; NULL for always.';
comment on column market.rate_wait.currency is 'ISO 4217 code of the amount as stated.';
comment on column market.rate_wait.native is 'Amount per the meter''s unit in that currency.';
comment on column market.rate_wait.source is 'Name of the source.';
comment on column market.rate_wait.seen_at is 'When it was first seen.';
comment on column market.rate_wait.thing is 'What is on sale, the same text for every source that lists it.';
comment on column market.rate_wait.line_id is 'Number of the price line, for joins.';
