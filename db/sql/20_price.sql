-- The belief: per thing on sale, meter and condition the best statement; trust first, then agreement; a source that failed counts last.
create view market.price as
with votes as (
    select thing, meter, condition, usd, count(distinct family) as agreement
    from ledger.believable
    group by thing, meter, condition, usd
),

asked as (
    select thing, meter, condition, count(distinct family) as families, max(usd) / nullif(min(usd), 0) as spread
    from ledger.believable
    group by thing, meter, condition
),

ranked as (
    select
        b.*,
        v.agreement,
        row_number() over (
            partition by b.thing, b.meter, b.condition
            order by b.stale, b.trust, v.agreement desc, b.seen_at desc, b.source_id, b.offer_id, b.line_id
        ) as place
    from ledger.believable as b
    inner join votes as v
        on v.thing = b.thing and v.meter = b.meter and v.condition is not distinct from b.condition and v.usd = b.usd
)

select
    o.model,
    o.provider || '/' || o.model_key as source_key,
    o.provider_id as provider,
    o.endpoint,
    o.plan,
    d.terms ->> 'quantization' as quantization,
    r.meter,
    r.condition,
    r.usd as price_usd,
    coalesce(r.stated_from, r.seen_at) as valid_from,
    case when r.stated_from is null then 'seen' else 'stated' end as valid_from_basis,
    src.name as source,
    r.agreement,
    g.spread,
    g.families as sources_asked,
    d.terms ->> 'host' as host,
    d.terms ->> 'mode' as mode,
    (d.terms ->> 'context_tokens')::bigint as context_tokens,
    r.held,
    r.stale,
    r.seen_at,
    coalesce(sg.address, sc.url) as evidence_url,
    encode(sg.sha256, 'hex') as sha256,
    r.thing,
    r.line_id
from ranked as r
inner join asked as g on g.thing = r.thing and g.meter = r.meter and g.condition is not distinct from r.condition
inner join ledger.offer as o on o.id = r.offer_id
inner join ledger.source as src on src.id = r.source_id
inner join ledger.scope as sc on sc.id = r.scope_id
left join ledger.listed as d on d.scope_id = r.scope_id and d.offer_id = r.offer_id
left join ledger.sighting as sg on sg.scope_id = r.scope_id and sg.seen_at = r.seen_at
where r.place = 1;

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
