"""The SELECTs about the past and about whom to believe; over schema `market` only, each returns no more rows than its element draws."""

# One line per source of one provider, so that it is seen who said what, and when.
TOLD = """
select
    h.provider, h.endpoint, h.plan, h.source, h.source_key, h.price_usd, h.valid_from, h.valid_to, h.valid_from_basis,
    h.seen_at, h.gone_at, h.quarantined, h.reason, h.evidence_url, h.sha256, h.source || case
        when h.endpoint is null or h.endpoint = h.model then '' else ' · ' || h.endpoint
    end as series,
    count(*) over () as total
from market.quote_history as h
where
    (h.model = %(model)s or h.resolved_model = %(model)s or (h.model is null and h.source_key = %(model)s))
    and h.provider = %(provider)s and h.meter = %(meter)s and h.plan = %(plan)s and h.condition is null
    and (%(held)s or not h.quarantined) and h.seen_at <= %(known)s
order by h.valid_from desc, h.source, h.endpoint
limit 500
"""

TOLD_OF = """
select provider, count(distinct source) as sources, max(seen_at) as seen_at
from market.quote_history
where
    (model = %(model)s or resolved_model = %(model)s or (model is null and source_key = %(model)s))
    and meter = %(meter)s and plan = %(plan)s and condition is null
group by provider
order by sources desc, provider
"""

CHANGES = """
select *, count(*) over () as total
from market.price_change
where
    (model = %(model)s or (model is null and source_key = %(model)s))
    and meter = %(meter)s and plan = %(plan)s and condition is null and seen_at <= %(known)s
    and (%(provider)s::text is null or provider = %(provider)s)
order by changed_at desc, provider, endpoint nulls first, source
limit 120
"""

# As market.price, at another time; how many sources were asked is not kept there.
OFFERS_THEN = """
select
    a.*, null::bigint as sources_asked, null::text as held, false as stale, null::text as host, null::bigint as context_tokens,
    null::numeric as tps_p50, null::numeric as ttft_ms_p50, null::timestamptz as measured_at, null::text as measured_by,
    count(*) over () as total
from market.price_as_of(%(known)s, %(known)s) as a
where a.model = %(model)s or (a.model is null and a.source_key = %(model)s)
order by (a.plan <> 'standard'), a.thing, a.condition nulls first, a.meter
limit 600
"""

SPREADS = """
select *, count(*) over () as total
from market.provider_spread
where meter = %(meter)s and providers >= %(providers)s and model ilike all (%(words)s::text[])
order by ratio desc, model
limit %(limit)s offset %(offset)s
"""

DISAGREEMENTS = """
select *, count(*) over () as total
from market.disagreement
where (%(source)s::text is null or other_source = %(source)s or believed_source = %(source)s)
order by money_usd desc nulls last, ratio desc nulls last, thing, meter, condition nulls first, other_source
limit %(limit)s offset %(offset)s
"""

LAG = """
select *
from market.source_lag
where provider is not distinct from %(provider)s
order by median_lag_days nulls last, p90_lag_days, never, source
"""

LAG_OF = """
select provider, sum(moves_seen + never) as n
from market.source_lag
where provider is not null
group by provider
order by n desc, provider
"""

LATEST = """
select *
from market.move_seen
where source = %(source)s and (%(provider)s::text is null or provider = %(provider)s) and coalesce(lag_days > 0, true)
order by lag_days desc nulls first, first_at desc, thing, meter
limit %(limit)s
"""

# Each pair once, as the one of the two that follows the other more often.
COPIES = """
select *
from (
    select distinct on (least(source, other), greatest(source, other)) *
    from market.source_copy
    where provider is not distinct from %(provider)s and prices >= %(least)s
    order by least(source, other), greatest(source, other), together_share desc nulls last, moves desc, source
) as pair
order by known_copy desc, together_share desc nulls last, equal_share desc, prices desc, source, other
limit %(limit)s
"""

COPIED_OF = "select distinct provider from market.source_copy where provider is not null and prices >= %(least)s"
