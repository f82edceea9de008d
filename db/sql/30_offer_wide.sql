-- The board: one row per thing on sale that chats, its unconditional prices side by side.
create view market.offer_wide as
with stated as (
    select o.thing, coalesce(min(d.terms ->> 'mode') filter (where d.terms ->> 'mode' in ('chat', 'completion')), min(d.terms ->> 'mode')) as mode
    from ledger.listed as d inner join ledger.offer as o on o.id = d.offer_id
    where not d.gone
    group by o.thing
),

-- What chats says so, or another source says so of it, or nobody says what it does; and its name does not speak against it.
wide as (
    select
        thing,
        min(coalesce(p.resolved_model, p.model)) as model,
        min(source_key) as source_key,
        min(provider) as provider,
        min(endpoint) as endpoint,
        min(plan) as plan,
        min(host) as host,
        min(quantization) as quantization,
        max(price_usd) filter (where meter = 'input_mtok') as input_usd,
        max(price_usd) filter (where meter = 'output_mtok') as output_usd,
        max(price_usd) filter (where meter = 'cache_read_mtok') as cache_read_usd,
        max(context_tokens) as context_tokens,
        min(agreement) as agreement,
        max(spread) as spread,
        max(seen_at) as seen_at
    from market.price as p left join stated as s using (thing)
    where
        condition is null
        and meter in ('input_mtok', 'output_mtok', 'cache_read_mtok')
        and coalesce(p.mode, s.mode, 'chat') in ('chat', 'completion')
        and not ledger.named_otherwise(source_key)
    group by thing
)

select
    w.model,
    w.source_key,
    w.provider,
    w.endpoint,
    w.plan,
    w.host,
    w.quantization,
    w.input_usd,
    w.output_usd,
    w.cache_read_usd,
    (3 * w.input_usd + w.output_usd) / 4 as blend_3to1_usd,
    w.context_tokens,
    k.license_class,
    k.open_weights,
    w.agreement,
    w.spread,
    w.seen_at,
    w.thing
from wide as w
left join ledger.known as k on k.model = w.model
where w.input_usd is not null and (w.output_usd > 0 or w.input_usd + w.output_usd = 0);

comment on view market.offer_wide is 'The board: one row per thing on sale that chats, its unconditional believed prices side by side.';
comment on column market.offer_wide.model is 'The model that the offer''s name stands for, one spelling for all providers and sources; NULL while unresolved.';
comment on column market.offer_wide.source_key is 'PROVIDER/MODEL as the believed source spells both.';
comment on column market.offer_wide.provider is 'Who bills, one spelling for all sources.';
comment on column market.offer_wide.endpoint is 'The source''s own discriminator where a provider lists one model twice.';
comment on column market.offer_wide.plan is 'standard, batch, flex, priority, free …';
comment on column market.offer_wide.host is 'Who serves, where that is not who bills.';
comment on column market.offer_wide.quantization is 'Quantization the endpoint serves, as stated; NULL where unknown.';
comment on column market.offer_wide.input_usd is 'USD per million input tokens.';
comment on column market.offer_wide.output_usd is 'USD per million output tokens.';
comment on column market.offer_wide.cache_read_usd is 'USD per million input tokens read from the cache.';
comment on column market.offer_wide.blend_3to1_usd is 'USD per million tokens, three input to one output.';
comment on column market.offer_wide.context_tokens is 'Longest prompt and answer together, tokens.';
comment on column market.offer_wide.license_class is 'Class of the model''s license, along its descent; NULL where not known.';
comment on column market.offer_wide.open_weights is 'Whether any source says that the weights are published.';
comment on column market.offer_wide.agreement is 'Independent sources that agree, lowest of the prices shown.';
comment on column market.offer_wide.spread is 'Highest over lowest value the sources state, largest of the prices shown.';
comment on column market.offer_wide.seen_at is 'Newest first sighting of the prices shown.';
comment on column market.offer_wide.thing is 'What is on sale, the same text for every source that lists it.';
