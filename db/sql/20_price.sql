-- The belief now.
create view market.price as
select
    b.model, b.source_key, b.provider, b.endpoint, b.plan, b.quantization, b.meter, b.condition, b.price_usd, b.valid_from, b.valid_from_basis,
    b.source, b.agreement, b.spread, b.sources_asked, b.host, b.mode, b.context_tokens,
    st.held,
    b.stale, b.seen_at, b.evidence_url, b.sha256, b.thing, b.line_id, b.native, b.currency, b.rate_on,
    al.model as resolved_model
from market.belief as b
inner join ledger.price_line as l on l.id = b.line_id
inner join ledger.offer as o on o.id = l.offer_id
left join ledger.alias as al on al.provider_id = o.provider_id and al.name = o.model_key
left join ledger.standing as st on st.line_id = b.line_id and st.scope_id = b.scope_id
where b.known_to > now() and b.known_from <= now() and b.holds_to > now() and b.holds_from <= now();

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
comment on column market.price.native is 'Amount per the meter''s unit as stated in another currency; NULL where it is stated in USD.';
comment on column market.price.currency is 'ISO 4217 code of the amount as stated.';
comment on column market.price.rate_on is 'Day of the rate that made USD of it, as in market.rate; NULL where the source states USD.';
comment on column market.price.resolved_model is 'The model that the name stands for (market.alias), one spelling for all providers and sources; NULL while unresolved.';
