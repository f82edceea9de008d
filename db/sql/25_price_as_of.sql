-- What was true at valid_at, as far as was known at known_at: the belief's own rules at another time.
create function market.price_as_of(valid_at timestamptz, known_at timestamptz)
returns table (
    model text, source_key text, provider text, endpoint text, plan text, quantization text, meter text, condition text,
    price_usd numeric, valid_from timestamptz, valid_from_basis text, source text, agreement bigint, spread numeric,
    seen_at timestamptz, evidence_url text, thing text, line_id int
)
language sql stable security definer set search_path = pg_catalog set jit = off
as $$
with instant as (
    select least(valid_at, known_at) as at
),

good as materialized (
    select st.line_id, st.scope_id, st.seen_at, st.usd, st.stated_to, l.offer_id, l.meter, l.condition, l.stated_from
    from ledger.statement as st
    inner join ledger.price_line as l on l.id = st.line_id
    left join ledger.quarantine as q on q.line_id = st.line_id and q.seen_at = st.seen_at and q.scope_id = st.scope_id
    where st.seen_at <= known_at and not st.gone and st.usd is not null and q.line_id is null
        and (l.stated_from is null or l.stated_from <= valid_at)
),

last as (
    select distinct on (line_id, scope_id) good.*, seen_at > instant.at and stated_from is null as assumed
    from good, instant
    order by
        line_id, scope_id, seen_at > instant.at and stated_from is null,
        case when seen_at > instant.at and stated_from is null then seen_at end, seen_at desc
),

standing as materialized (
    select distinct on (o.thing, l.offer_id, l.meter, l.condition, l.scope_id)
        l.*,
        o.thing,
        src.id as source_id,
        src.trust,
        src.family,
        coalesce(seen.at < instant.at - src.fail_after, false) as stale
    from last as l
    cross join instant
    inner join ledger.offer as o on o.id = l.offer_id
    inner join ledger.source as src on src.id = o.source_id
    left join (
        select sg.scope_id, max(sg.seen_at) as at from ledger.sighting as sg, instant where sg.seen_at <= instant.at group by sg.scope_id
    ) as seen on seen.scope_id = l.scope_id
    left join lateral (
        select min(g.seen_at) as at from ledger.statement as g
        where g.line_id = l.line_id and g.scope_id = l.scope_id and g.gone and g.seen_at > l.seen_at
            and g.seen_at <= case when l.stated_from is null then instant.at else known_at end
    ) as gone on not l.assumed
    where
        (l.stated_to is null or l.stated_to > valid_at)
        and (
            gone.at is null
            or (
                exists (
                    select 1 from ledger.listing as d
                    where d.offer_id = l.offer_id and d.scope_id = l.scope_id and d.gone and d.seen_at = gone.at
                )
                and 3 > (
                    select count(*) from ledger.sighting as sg
                    where sg.scope_id = l.scope_id and sg.complete and sg.seen_at between gone.at and instant.at
                )
            )
        )
    order by o.thing, l.offer_id, l.meter, l.condition, l.scope_id, l.stated_from desc nulls last
),

votes as (
    select thing, meter, coalesce(condition, '') as condition, usd, count(distinct family) as agreement
    from standing group by 1, 2, 3, 4
),

asked as (
    select thing, meter, coalesce(condition, '') as condition, trim_scale(round(max(usd) / nullif(min(usd), 0), 6)) as spread
    from standing group by 1, 2, 3
),

best as (
    select distinct on (s.thing, s.meter, s.condition) s.*, v.agreement, a.spread
    from standing as s
    inner join votes as v
        on v.thing = s.thing and v.meter = s.meter and v.condition = coalesce(s.condition, '') and v.usd = s.usd
    inner join asked as a on a.thing = s.thing and a.meter = s.meter and a.condition = coalesce(s.condition, '')
    order by
        s.thing, s.meter, s.condition, s.stale, s.trust, v.agreement desc, s.seen_at desc, s.source_id, s.offer_id, s.line_id
)

select
    o.model,
    o.provider || '/' || o.model_key,
    o.provider_id,
    o.endpoint,
    o.plan,
    d.terms ->> 'quantization',
    b.meter,
    b.condition,
    b.usd,
    coalesce(b.stated_from, b.seen_at),
    case when b.stated_from is not null then 'stated' when b.assumed then 'assumed' else 'seen' end,
    src.name,
    b.agreement,
    b.spread,
    b.seen_at,
    coalesce(sg.address, sc.url),
    b.thing,
    b.line_id
from best as b
inner join ledger.offer as o on o.id = b.offer_id
inner join ledger.source as src on src.id = b.source_id
inner join ledger.scope as sc on sc.id = b.scope_id
left join ledger.listed as d on d.scope_id = b.scope_id and d.offer_id = b.offer_id
left join ledger.sighting as sg on sg.scope_id = b.scope_id and sg.seen_at = b.seen_at
$$;

comment on function market.price_as_of is
'What was true at valid_at, as far as was known at known_at; columns as in market.price, valid_from_basis also assumed.';
