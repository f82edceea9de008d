"""The SELECTs of the pages, over schema `market` only; each returns no more rows than its element draws."""

VERSION = """
select
    coalesce(max(finished_at)::text, '') || ' ' || count(*) || ' ' || (select count(*) from market.quarantine)
    || ' ' || coalesce((select max(checked_at)::text from market.claim_verdict), '') as version
from market.run
"""

# Worst first, so that whoever reads only the first line reads the right one.
HEALTH = """
select * from market.source_health
order by array_position('{never,failed,stale,fresh}'::text[], standing), source
"""

SIZE = """
select
    count(distinct thing) as offers,
    count(distinct coalesce(resolved_model, model)) as models,
    count(distinct provider) as providers,
    count(distinct thing) filter (where coalesce(resolved_model, model) is null) as unresolved
from market.price
"""

WATCH = """
select
    min(finished_at) as since,
    max(finished_at) as last,
    max(scheduled_for) as rung_at,
    count(*) > count(distinct source) as has_past
from market.run
where outcome in ('complete', 'unchanged', 'partial')
"""

HELD = """
select rule, count(*) as n, min(reason) as example
from market.quarantine group by rule order by n desc, rule
"""

# The week's moves and the announced ones: one row per model, provider and kind, told by its plainest offer; the largest of each kind
# only, every single move as evidence.
MOVES = """
with moved as (
    select
        c.*,
        coalesce(model, source_key) as called,
        meter in ('input_mtok', 'output_mtok') and condition is null as heads,
        case when changed_at > now() then 'announced' else kind end as told,
        case when ratio > 0 then abs(ln(ratio)) when ratio = 0 then 99 end as size
    from market.price_change as c
    where changed_at > now() - interval '7 days'
),

offers as (
    select
        thing,
        told as kind,
        called,
        provider,
        min(model) as model,
        min(source_key) as source_key,
        min(endpoint) as endpoint,
        min(plan) as plan,
        max(changed_at) as changed_at,
        bool_or(heads) as heads,
        (array_agg(ratio order by heads desc, size desc nulls last))[1] as ratio,
        (array_agg(size order by heads desc, size desc nulls last))[1] as size,
        array_agg(distinct meter) as meters,
        max(old_usd) filter (where meter = 'input_mtok' and condition is null) as input_old,
        max(new_usd) filter (where meter = 'input_mtok' and condition is null) as input_new,
        max(old_usd) filter (where meter = 'output_mtok' and condition is null) as output_old,
        max(new_usd) filter (where meter = 'output_mtok' and condition is null) as output_new
    from moved
    group by thing, told, called, provider
),

plainest as (
    select
        *,
        count(*) over (partition by called, provider, kind) as offers,
        count(*) over (partition by kind) as offers_of_kind,
        row_number() over (
            partition by called, provider, kind
            order by (plan <> 'standard'), (endpoint is not null), not heads, size desc nulls last, thing
        ) as rank
    from offers
),

ranked as (
    select
        *,
        count(*) over (partition by kind) as total,
        row_number() over (
            partition by kind
            order by
                (model is null), not heads, size desc nulls last, coalesce(output_new, output_old) desc nulls last, changed_at desc, thing
        ) as place
    from plainest
    where rank = 1
)

select
    r.*,
    (
        select jsonb_agg(to_jsonb(m) || jsonb_build_object('old_usd', m.old_usd::text, 'new_usd', m.new_usd::text))
        from (
            select e.plan, e.endpoint, e.meter, e.condition, e.old_usd, e.new_usd, e.source, e.seen_at, e.evidence_url, e.sha256
            from moved as e
            where e.called = r.called and e.provider = r.provider and e.told = r.kind
            order by (e.thing <> r.thing), e.thing, e.meter, e.condition nulls first
            limit 40
        ) as m
    ) as evidence
from ranked as r
where r.place <= %(limit)s
order by r.kind, r.place
"""

RELEASES = """
with named as (
    select distinct on (called) *
    from (
        select
            coalesce(resolved_model, model) as called, model, released_on, released_on_basis, context_tokens, parameters_total,
            bool_or(open_weights) over (partition by coalesce(resolved_model, model)) as open_weights
        from market.model
    ) as m
    where released_on <= current_date
    order by called, model <> called, released_on
),

newest as (
    select called as model, split_part(called, '/', 1) as author, released_on, released_on_basis, open_weights, context_tokens,
        parameters_total
    from named
    order by released_on desc, called
    limit %(limit)s
),

cheapest as (
    select
        model,
        (array_agg(input_usd order by blend_3to1_usd, thing))[1] as input_usd,
        (array_agg(output_usd order by blend_3to1_usd, thing))[1] as output_usd,
        (array_agg(provider order by blend_3to1_usd, thing))[1] as provider,
        count(*) as offers
    from market.offer_wide
    where plan = 'standard' and blend_3to1_usd > 0
    group by model
)

select n.*, c.input_usd, c.output_usd, c.provider, coalesce(c.offers, 0) as offers
from newest as n
left join cheapest as c on c.model = n.model
order by n.released_on desc, n.model
"""

CHOICES = "select plan, provider, count(*) as n from market.offer_wide group by grouping sets ((plan), (provider)) order by n desc"

ORDERS = {
    "Newest model": "released_on desc nulls last, model, blend_3to1_usd",
    "Cheapest blend": "blend_3to1_usd",
    "Dearest blend": "blend_3to1_usd desc",
    "Cheapest input": "input_usd, blend_3to1_usd",
    "Cheapest output": "output_usd, blend_3to1_usd",
    "Longest context": "context_tokens desc nulls last, blend_3to1_usd",
    "Newest price": "seen_at desc, blend_3to1_usd",
    "Sources disagree most": "spread desc nulls last, blend_3to1_usd",
    "Name": "coalesce(model, source_key), blend_3to1_usd",
}

# Release dates come as one map: the planner knows neither view's size and would loop over the one for each row of the other.
BOARD = """
with dated as materialized (
    select coalesce(jsonb_object_agg(called, released_on), '{{}}') as days
    from (
        select distinct on (called) coalesce(resolved_model, model) as called, released_on
        from market.model where released_on <= current_date
        order by called, model <> coalesce(resolved_model, model), released_on
    ) as one
),

page as (
    select
        o.*, (select (d.days ->> o.model)::date from dated as d) as released_on, count(*) over () as total
    from market.offer_wide as o
    where
        (%(plan)s::text is null or plan = %(plan)s)
        and (%(provider)s::text is null or provider = %(provider)s)
        and (not %(open)s or open_weights)
        and (not %(priced)s or (input_usd > 0 and output_usd > 0))
        and (%(context)s = 0 or context_tokens >= %(context)s)
        and concat_ws(' ', model, source_key, provider, endpoint) ilike all (%(words)s::text[])
    order by {order}, thing
    limit %(limit)s offset %(offset)s
),

speed as (
    select distinct on (s.thing) s.thing, s.tps_p50, s.ttft_ms_p50
    from market.endpoint_service as s
    where s.thing in (select p.thing from page as p)
    order by s.thing, s.seen_at desc
)

select p.*, s.tps_p50, s.ttft_ms_p50
from page as p
left join speed as s on s.thing = p.thing
order by {order}, p.thing
"""

MODEL = "select * from market.model where model = %(model)s"

OFFERS = """
with asked as (
    select *, count(*) over () as total
    from market.price
    where model = %(model)s or resolved_model = %(model)s or (model is null and source_key = %(model)s)
    order by (plan <> 'standard'), thing, condition nulls first, meter
    limit 600
),

speed as (
    select distinct on (s.thing) s.thing, s.tps_p50, s.ttft_ms_p50, s.uptime_1d, s.seen_at as measured_at, s.source as measured_by
    from market.endpoint_service as s
    where s.thing in (select a.thing from asked as a)
    order by s.thing, s.seen_at desc
)

select a.*, s.tps_p50, s.ttft_ms_p50, s.uptime_1d, s.measured_at, s.measured_by
from asked as a
left join speed as s on s.thing = a.thing
order by (a.plan <> 'standard'), a.thing, a.condition nulls first, a.meter
"""

# Prices of a model that are stated in another currency and have no USD yet.
WAITING = """
select currency, count(*) as prices
from market.rate_wait
where model = %(model)s or (model is null and source_key = %(model)s)
group by currency order by currency
"""

# One teller per line of the chart: the source believed now, else (withdrawn) the one that spoke last.
HISTORY = """
with said as (
    select
        h.provider, h.endpoint, h.plan, h.source, h.source_key, h.price_usd, h.valid_from, h.valid_to, h.valid_from_basis,
        h.seen_at, h.gone_at, h.quarantined, h.reason, h.evidence_url, h.sha256,
        p.line_id is not null as believed
    from market.quote_history as h
    left join market.price as p
        on
            p.source = h.source and p.source_key = h.source_key and p.endpoint is not distinct from h.endpoint
            and p.plan = h.plan and p.meter = h.meter and p.condition is null
            and (p.model = %(model)s or p.resolved_model = %(model)s or (p.model is null and p.source_key = %(model)s))
    where
        (h.model = %(model)s or h.resolved_model = %(model)s or (h.model is null and h.source_key = %(model)s))
        and h.meter = %(meter)s and h.plan = %(plan)s and h.condition is null
        and (%(held)s or not h.quarantined) and h.seen_at <= %(known)s
),

teller as (
    select distinct on (provider, endpoint) provider, endpoint, source, source_key
    from said
    order by provider, endpoint, believed desc, seen_at desc, source, source_key
)

select s.*, count(*) over () as total
from said as s
inner join teller as t
    on
        t.provider = s.provider and t.endpoint is not distinct from s.endpoint
        and t.source = s.source and t.source_key = s.source_key
order by s.valid_from desc, s.provider, s.endpoint
limit 500
"""

RUNS = "select * from market.run order by started_at desc, run_id desc limit %(limit)s"

QUARANTINE = """
select *, count(*) over () as total
from market.quarantine
where %(rule)s::text is null or rule = %(rule)s
order by kind, price_usd desc nulls last, item
limit %(limit)s offset %(offset)s
"""
