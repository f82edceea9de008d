-- What was true at valid_at, as far as was known at known_at; the belief's own rules, at another time.
create function market.price_as_of(valid_at timestamptz, known_at timestamptz)
returns table (
    model text, source_key text, provider text, endpoint text, plan text, quantization text, meter text, condition text,
    price_usd numeric, valid_from timestamptz, valid_from_basis text, source text, agreement bigint, spread numeric,
    seen_at timestamptz, evidence_url text, thing text, line_id int
)
language sql stable security definer set search_path = pg_catalog set jit = off
as $$
with known as materialized (
    select
        l.id as line_id,
        l.offer_id,
        l.meter,
        l.condition,
        l.stated_from,
        s.scope_id,
        s.seen_at,
        s.usd,
        s.stated_to,
        s.gone,
        s.assumed
    from ledger.price_line as l
    cross join lateral (
        (
            select st.scope_id, st.seen_at, st.usd, st.stated_to, st.gone, false as assumed
            from ledger.statement as st
            where
                st.line_id = l.id
                and st.seen_at <= case when l.stated_from is null then least(valid_at, known_at) else known_at end
                and not exists (
                    select 1 from ledger.quarantine as q
                    where q.line_id = st.line_id and q.seen_at = st.seen_at and q.scope_id = st.scope_id
                )
            order by st.seen_at desc
            limit 1
        )
        union all
        (
            select st.scope_id, st.seen_at, st.usd, st.stated_to, st.gone, true
            from ledger.statement as st
            where
                l.stated_from is null and st.line_id = l.id
                and st.seen_at > valid_at and st.seen_at <= known_at and not st.gone
                and not exists (
                    select 1 from ledger.quarantine as q
                    where q.line_id = st.line_id and q.seen_at = st.seen_at and q.scope_id = st.scope_id
                )
            order by st.seen_at
            limit 1
        )
        order by assumed
        limit 1
    ) as s
    where l.stated_from is null or l.stated_from <= valid_at
),

standing as materialized (
    select distinct on (o.thing, k.offer_id, k.meter, k.condition)
        k.*,
        o.thing,
        o.source_id,
        src.trust,
        src.family,
        coalesce(
            (
                select max(sg.seen_at) from ledger.sighting as sg
                where sg.scope_id = k.scope_id and sg.seen_at <= least(valid_at, known_at)
            ) < least(valid_at, known_at) - src.fail_after,
            false
        ) as stale
    from known as k
    inner join ledger.offer as o on o.id = k.offer_id
    inner join ledger.source as src on src.id = o.source_id
    where
        (k.stated_to is null or k.stated_to > valid_at)
        and (k.usd is not null or k.gone)
    order by o.thing, k.offer_id, k.meter, k.condition, k.gone, k.stated_from desc nulls last
),

voted as (
    select
        s.*,
        (
            select count(distinct v.family) from standing as v
            where v.thing = s.thing and v.meter = s.meter and v.condition is not distinct from s.condition and v.usd = s.usd
        ) as agreement
    from standing as s
    where not s.gone
)

select distinct on (v.thing, v.meter, v.condition)
    o.model,
    o.provider || '/' || o.model_key,
    o.provider_id,
    o.endpoint,
    o.plan,
    d.terms ->> 'quantization',
    v.meter,
    v.condition,
    v.usd,
    coalesce(v.stated_from, v.seen_at),
    case when v.stated_from is not null then 'stated' when v.assumed then 'assumed' else 'seen' end,
    src.name,
    v.agreement,
    (max(v.usd) over same) / nullif(min(v.usd) over same, 0),
    v.seen_at,
    coalesce(sg.address, sc.url),
    v.thing,
    v.line_id
from voted as v
inner join ledger.offer as o on o.id = v.offer_id
inner join ledger.source as src on src.id = v.source_id
inner join ledger.scope as sc on sc.id = v.scope_id
left join ledger.listed as d on d.scope_id = v.scope_id and d.offer_id = v.offer_id
left join ledger.sighting as sg on sg.scope_id = v.scope_id and sg.seen_at = v.seen_at
window same as (partition by v.thing, v.meter, v.condition)
order by v.thing, v.meter, v.condition, v.stale, v.trust, v.agreement desc, v.seen_at desc, v.source_id, v.offer_id, v.line_id
$$;

comment on function market.price_as_of is
'What was true at valid_at, as far as was known at known_at; columns as in market.price, valid_from_basis also assumed.';
