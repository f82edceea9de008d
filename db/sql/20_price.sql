-- The belief: read as the last run left it, made anew only for things whose stated dates have come since.
create view market.price as
with passed as (
    select thing from ledger.due where due_at <= now()
),

believed as (
    select
        b.thing, b.meter, b.condition, b.line_id, b.scope_id, b.usd, b.seen_at, b.held, b.stale, b.agreement, b.families, b.spread
    from ledger.belief as b
    where not exists (select 1 from passed as p where p.thing = b.thing)
    union all
    select
        n.thing, n.meter, n.condition, n.line_id, n.scope_id, n.usd, n.seen_at, n.held, n.stale, n.agreement, n.families, n.spread
    from passed as p
    cross join lateral ledger.believed_of(p.thing) as n
)

select
    o.model,
    o.provider || '/' || o.model_key as source_key,
    o.provider_id as provider,
    o.endpoint,
    o.plan,
    d.terms ->> 'quantization' as quantization,
    b.meter,
    b.condition,
    b.usd as price_usd,
    coalesce(l.stated_from, b.seen_at) as valid_from,
    case when l.stated_from is null then 'seen' else 'stated' end as valid_from_basis,
    src.name as source,
    b.agreement,
    b.spread,
    b.families as sources_asked,
    d.terms ->> 'host' as host,
    d.terms ->> 'mode' as mode,
    (d.terms ->> 'context_tokens')::bigint as context_tokens,
    b.held,
    b.stale,
    b.seen_at,
    coalesce(sg.address, sc.url) as evidence_url,
    encode(sg.sha256, 'hex') as sha256,
    b.thing,
    b.line_id
from believed as b
inner join ledger.price_line as l on l.id = b.line_id
inner join ledger.offer as o on o.id = l.offer_id
inner join ledger.source as src on src.id = o.source_id
inner join ledger.scope as sc on sc.id = b.scope_id
left join ledger.listed as d on d.scope_id = b.scope_id and d.offer_id = o.id
left join ledger.sighting as sg on sg.scope_id = b.scope_id and sg.seen_at = b.seen_at;

comment on view market.price is 'What modelmarket believes each thing on sale costs now, per meter and condition, with who says so and who agrees.';
comment on column market.price.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.price.source_key is 'PROVIDER/MODEL as the believed source spells both.';
comment on column market.price.provider is 'Who bills, one spelling for all sources.';
comment on column market.price.endpoint is 'The source''s own discriminator where a provider lists one model twice.';
comment on column market.price.plan is 'standard, batch, flex, priority, free …';
comment on column market.price.quantization is 'Quantization the endpoint serves, as stated; NULL where unknown.';
comment on column market.price.meter is 'What is counted; the suffix is the unit of the price.';
comment on column market.price.condition is 'When the price holds, canonical text; NULL for always.';
comment on column market.price.price_usd is 'USD per the meter''s unit.';
comment on column market.price.valid_from is 'Begin of validity: as stated, else as first seen.';
comment on column market.price.valid_from_basis is 'stated or seen.';
comment on column market.price.source is 'The source believed.';
comment on column market.price.agreement is 'Independent sources that state the same value, the believed one included.';
comment on column market.price.spread is 'Highest over lowest value the sources state; 1 where all agree, NULL where the lowest is 0.';
comment on column market.price.sources_asked is 'Independent sources that state any value.';
comment on column market.price.host is 'Who serves, where that is not who bills.';
comment on column market.price.mode is 'chat, completion, embedding, image, audio, video, rerank, moderation, search, ocr or other; NULL where not stated.';
comment on column market.price.context_tokens is 'Longest prompt and answer together, tokens.';
comment on column market.price.held is 'Rule that holds a newer statement of the same source; this is its last good one. NULL where nothing is held.';
comment on column market.price.stale is 'The source has not been seen for longer than its limit.';
comment on column market.price.seen_at is 'When the statement was first seen.';
comment on column market.price.evidence_url is 'Address of the page that said so.';
comment on column market.price.sha256 is 'Hash of the page''s bytes, kept in the ledger.';
comment on column market.price.thing is 'What is on sale, the same text for every source that lists it.';
comment on column market.price.line_id is 'Number of the price line, for joins.';
