-- What is believed of every instant of both times, with its evidence; market.price and market.price_as_of are cuts through it.
create view market.belief as
select
    o.model,
    o.provider || '/' || o.model_key as source_key,
    o.provider_id as provider,
    o.endpoint,
    o.plan,
    d.quantization,
    l.meter,
    l.condition,
    b.usd as price_usd,
    coalesce(l.stated_from, b.seen_at) as valid_from,
    case when b.assumed then 'assumed' when l.stated_from is not null then 'stated' else 'seen' end as valid_from_basis,
    sc.name as source,
    b.agreement,
    b.spread,
    b.families as sources_asked,
    d.host,
    d.mode,
    d.context_tokens,
    b.stale,
    b.seen_at,
    coalesce(sg.address, sc.url) as evidence_url,
    sg.sha256,
    o.thing,
    b.line_id,
    b.scope_id,
    b.known_from,
    b.known_to,
    b.valid_from as holds_from,
    b.valid_to as holds_to,
    b.dated,
    c.native,
    coalesce(c.currency, 'USD') as currency,
    c.rate_on
from ledger.belief as b
inner join ledger.price_line as l on l.id = b.line_id
inner join ledger.offer as o on o.id = l.offer_id
left join (
    select p.id, p.url, src.name from ledger.scope as p inner join ledger.source as src on src.id = p.source_id
) as sc on sc.id = b.scope_id
-- The cases that always hold keep these from being worked out once for each price: they are, once for each offer and each look at a page.
left join (
    select
        scope_id, offer_id,
        case when true then terms ->> 'quantization' end as quantization,
        case when true then terms ->> 'host' end as host,
        case when true then terms ->> 'mode' end as mode,
        case when true then (terms ->> 'context_tokens')::bigint end as context_tokens
    from ledger.listed
) as d on d.scope_id = b.scope_id and d.offer_id = l.offer_id
left join (
    select scope_id, seen_at, address, case when true then encode(sha256, 'hex') end as sha256 from ledger.sighting
) as sg on sg.scope_id = b.scope_id and sg.seen_at = b.seen_at
left join ledger.converted as c on c.line_id = b.line_id and c.scope_id = b.scope_id and c.seen_at = b.seen_at;

comment on view market.belief is 'What is and was believed, of every instant of both times; market.price and market.price_as_of are cuts through it.';
comment on column market.belief.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.belief.source_key is 'PROVIDER/MODEL as the believed source spells both.';
comment on column market.belief.provider is 'Who bills, one spelling for all sources.';
comment on column market.belief.endpoint is 'The source''s own discriminator where a provider lists one model twice.';
comment on column market.belief.plan is 'standard, batch, flex, priority, free …';
comment on column market.belief.quantization is 'Quantization the endpoint serves, as stated; NULL where unknown.';
comment on column market.belief.meter is 'What is counted; the suffix is the unit of the price.';
comment on column market.belief.condition is 'When the price holds, canonical text; NULL for always.';
comment on column market.belief.price_usd is 'USD per the meter''s unit.';
comment on column market.belief.valid_from is 'Begin of validity: as stated, else as first seen.';
comment on column market.belief.valid_from_basis is 'stated, seen, or assumed: nobody had said anything of that time yet, and the earliest statement is taken.';
comment on column market.belief.source is 'The source believed.';
comment on column market.belief.agreement is 'Independent sources that state the same value, the believed one included.';
comment on column market.belief.spread is 'Highest over lowest value the sources state; 1 where all agree, NULL where the lowest is 0.';
comment on column market.belief.sources_asked is 'Independent sources that state any value.';
comment on column market.belief.host is 'Who serves, where that is not who bills.';
comment on column market.belief.mode is 'chat, completion, embedding, image, audio, video, rerank, moderation, search, ocr or other; NULL where not stated.';
comment on column market.belief.context_tokens is 'Longest prompt and answer together, tokens.';
comment on column market.belief.stale is 'The source has not been seen for longer than its limit.';
comment on column market.belief.seen_at is 'When the statement was first seen.';
comment on column market.belief.evidence_url is 'Address of the page that said so.';
comment on column market.belief.sha256 is 'Hash of the page''s bytes, kept in the ledger.';
comment on column market.belief.thing is 'What is on sale, the same text for every source that lists it.';
comment on column market.belief.line_id is 'Number of the price line, for joins.';
comment on column market.belief.scope_id is 'Number of the page, for joins.';
comment on column market.belief.known_from is 'Believed by who knows what was known from here on.';
comment on column market.belief.known_to is 'And before here; the year 9999 where it is still believed of that time.';
comment on column market.belief.holds_from is 'Believed of the time from here on; the year 1000 where assumed.';
comment on column market.belief.holds_to is 'And before here; the year 9999 while it stands.';
comment on column market.belief.dated is 'Stated dates are involved; else what is true at a time to come is what is true when it is known.';
comment on column market.belief.native is 'Amount per the meter''s unit as stated in another currency; NULL where it is stated in USD.';
comment on column market.belief.currency is 'ISO 4217 code of the amount as stated.';
comment on column market.belief.rate_on is 'Day of the rate that made USD of it, as in market.rate; NULL where the source states USD.';
