-- The belief at another time: what was true at valid_at, as far as was known at known_at. Without settings of its own, so that it is
-- planned as part of the query that asks; of what is not dated, what is true at a time to come is what is true when it is known.
create function market.price_as_of(valid_at timestamptz, known_at timestamptz)
returns table (
    model text, source_key text, provider text, endpoint text, plan text, quantization text, meter text, condition text,
    price_usd numeric, valid_from timestamptz, valid_from_basis text, source text, agreement integer, spread numeric,
    sources_asked integer, host text, mode text, context_tokens bigint, stale boolean, seen_at timestamptz, evidence_url text, sha256 text, thing text, line_id int,
    native numeric, currency text, rate_on date
)
language sql stable
as $$
select
    b.model, b.source_key, b.provider, b.endpoint, b.plan, b.quantization, b.meter, b.condition, b.price_usd, b.valid_from, b.valid_from_basis,
    b.source, b.agreement, b.spread, b.sources_asked, b.host, b.mode, b.context_tokens, b.stale, b.seen_at, b.evidence_url, b.sha256, b.thing, b.line_id,
    b.native, b.currency, b.rate_on
from market.belief as b
where
    b.known_from <= known_at and b.known_to > known_at
    and b.holds_from <= valid_at and (b.dated or b.holds_from <= known_at)
    and b.holds_to > least(valid_at, known_at) and (not b.dated or b.holds_to > valid_at)
$$;

comment on function market.price_as_of is
'What was true at valid_at, as far as was known at known_at; columns as in market.price, valid_from_basis also assumed.';
