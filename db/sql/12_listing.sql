-- What each source lists, priced or not, and what it says of it besides prices.
create view market.listing as
select
    src.name as source,
    o.provider || '/' || o.model_key as source_key,
    o.model_key,
    o.endpoint,
    o.plan,
    o.model,
    o.provider_id as provider,
    d.terms ->> 'name' as name,
    d.terms ->> 'mode' as mode,
    d.terms ->> 'host' as host,
    d.terms ->> 'quantization' as quantization,
    (d.terms ->> 'context_tokens')::bigint as context_tokens,
    coalesce((d.terms ->> 'variable')::boolean, false) as variable,
    d.terms ->> 'status' as status,
    (d.terms ->> 'released_on')::date as released_on,
    (d.terms ->> 'retires_on')::date as retires_on,
    exists (
        select 1 from ledger.price_line as l
        inner join ledger.standing as st on st.line_id = l.id and st.scope_id = d.scope_id and not st.gone
        where l.offer_id = o.id
    ) as priced,
    case when d.gone then d.seen_at end as gone_at,
    d.seen_at,
    o.thing,
    al.model as resolved_model
from ledger.listed as d
inner join ledger.offer as o on o.id = d.offer_id
inner join ledger.source as src on src.id = o.source_id
left join ledger.alias as al on al.provider_id = o.provider_id and al.name = o.model_key;

comment on view market.listing is 'What each source lists, priced or not, and what it says of it besides prices.';
comment on column market.listing.source is 'Name of the source.';
comment on column market.listing.source_key is 'PROVIDER/MODEL as that source spells both.';
comment on column market.listing.model_key is 'The model as that source spells it.';
comment on column market.listing.endpoint is 'The source''s own discriminator where a provider lists one model twice.';
comment on column market.listing.plan is 'standard, batch, flex, priority, free …';
comment on column market.listing.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.listing.provider is 'Who bills, one spelling for all sources.';
comment on column market.listing.name is 'Name for people, as stated.';
comment on column market.listing.mode is 'chat, completion, embedding, image, audio, video, rerank, moderation, search, ocr or other; NULL where not stated.';
comment on column market.listing.host is 'Who serves, where that is not who bills.';
comment on column market.listing.quantization is 'Quantization, as stated; NULL where unknown.';
comment on column market.listing.context_tokens is 'Longest prompt and answer together, tokens.';
comment on column market.listing.variable is 'The source says that the price varies.';
comment on column market.listing.status is 'The source''s own word, such as beta or deprecated.';
comment on column market.listing.released_on is 'Release date, as stated.';
comment on column market.listing.retires_on is 'Retirement date, as stated.';
comment on column market.listing.priced is 'Whether the source states any price of it now.';
comment on column market.listing.gone_at is 'When the source stopped listing it; NULL while it does.';
comment on column market.listing.seen_at is 'Since when it is listed with these terms.';
comment on column market.listing.thing is 'What is on sale, the same text for every source that lists it.';
comment on column market.listing.resolved_model is 'The model that the name stands for (market.alias), one spelling for all providers and sources; NULL while unresolved.';
