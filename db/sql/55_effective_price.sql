-- What a million tokens of a named mix of requests cost at each offer that chats; market/profiles says what is in a mix.
create view market.effective_price as
select
    e.profile,
    e.title,
    w.model,
    w.source_key,
    w.provider,
    w.endpoint,
    w.plan,
    w.quantization,
    w.context_tokens,
    w.license_class,
    w.open_weights,
    e.usd as effective_usd,
    e.parts,
    e.note,
    e.usd > 0
    and coalesce((e.parts ->> 'input_mtok')::numeric > 0, true)
    and coalesce((e.parts ->> 'output_mtok')::numeric > 0, true) as paid,
    w.context_tokens >= e.longest_tokens as fits,
    w.host,
    w.agreement,
    w.thing
from ledger.effective_price as e
inner join market.offer_wide as w on w.thing = e.thing;

comment on view market.effective_price is 'What a million tokens of a named mix of requests really cost at each offer that chats, over the hours of a week, as the last run left it.';
comment on column market.effective_price.profile is 'Name of the mix; see docs/costs.md.';
comment on column market.effective_price.title is 'The mix in words.';
comment on column market.effective_price.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.effective_price.source_key is 'PROVIDER/MODEL as the believed source spells both.';
comment on column market.effective_price.provider is 'Who bills, one spelling for all sources.';
comment on column market.effective_price.endpoint is 'The source''s own discriminator where a provider lists one model twice.';
comment on column market.effective_price.plan is 'standard, batch, flex, priority, free …';
comment on column market.effective_price.quantization is 'Quantization the endpoint serves, as stated; NULL where unknown.';
comment on column market.effective_price.context_tokens is 'Longest prompt and answer together, tokens.';
comment on column market.effective_price.license_class is 'Class of the model''s license; NULL until decided from its text.';
comment on column market.effective_price.open_weights is 'Whether any source says that the weights are published.';
comment on column market.effective_price.effective_usd is 'USD per million tokens, input and output together; NULL where something the mix uses has no price.';
comment on column market.effective_price.parts is 'The same by meter, USD per million tokens as texts; they sum to it.';
comment on column market.effective_price.note is 'What is unusual about it, or why there is no price.';
comment on column market.effective_price.paid is 'Whether it is a price: what is read or written for nothing is free, part of a subscription or not known, and no price floor.';
comment on column market.effective_price.fits is 'Whether the longest request of the mix fits into its context; NULL where the context is unknown.';
comment on column market.effective_price.host is 'Who serves, where that is not who bills.';
comment on column market.effective_price.agreement is 'Fewest independent sources that state one of its prices as believed.';
comment on column market.effective_price.thing is 'What is on sale, the same text for every source that lists it.';
