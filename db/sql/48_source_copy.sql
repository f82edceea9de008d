-- Pairs of sources: how many prices both state, how many are equal, and how many moves they made together; who copies shows here. A
-- function for the same reason as in 47_source_lag.sql.
drop function if exists ledger.compared();
create function ledger.compared() returns table (
    source text, other text, provider text, prices bigint, equal bigint, moves bigint, together bigint
)
language sql stable security definer set search_path = '' set enable_nestloop = off set work_mem = '64MB' set jit = off
as $$
with steps as materialized (
    select
        o.thing, l.meter, coalesce(l.condition, '') as condition, o.provider_id as provider, src.name as source, s.usd, s.seen_at, s.gone_at,
        min(s.seen_at) over price as since,
        sc.last_seen_at as read_at,
        lag(s.usd) over price as old_usd
    from ledger.said as s
    inner join ledger.price_line as l on l.id = s.line_id
    inner join ledger.offer as o on o.id = l.offer_id
    inner join ledger.source as src on src.id = o.source_id
    inner join ledger.scope as sc on sc.id = s.scope_id
    where s.usd is not null
    window price as (partition by s.line_id, s.scope_id order by s.seen_at)
),

now_ as (
    select thing, meter, condition, provider, source, array_agg(usd) as usds
    from steps where gone_at is null and usd > 0
    group by thing, meter, condition, provider, source
),

stating as (
    select a.source, b.source as other, a.provider, count(*) as prices, count(*) filter (where a.usds && b.usds) as equal
    from now_ as a
    inner join now_ as b
        on b.thing = a.thing and b.meter = a.meter and b.condition = a.condition and b.provider = a.provider and b.source <> a.source
    group by grouping sets ((a.source, b.source, a.provider), (a.source, b.source))
),

moved as (
    select distinct m.thing, m.meter, m.condition, m.provider, m.source, m.seen_at, m.usd
    from steps as m where m.usd <> m.old_usd
),

-- A move of one source while the other stated that price too and was read within a day of it.
paired as (
    select distinct on (m.thing, m.meter, m.condition, m.source, m.seen_at, s.source)
        m.provider, m.source, s.source as other,
        s.usd = m.usd and s.usd <> s.old_usd and s.seen_at between m.seen_at - interval '1 day' and m.seen_at + interval '1 day' as together
    from moved as m
    inner join steps as s on s.thing = m.thing and s.meter = m.meter and s.condition = m.condition and s.source <> m.source
    where s.since < m.seen_at and s.read_at > m.seen_at - interval '1 day'
    order by m.thing, m.meter, m.condition, m.source, m.seen_at, s.source, together desc nulls last
),

moving as (
    select source, other, provider, count(*) as moves, count(*) filter (where together) as together
    from paired
    group by grouping sets ((source, other, provider), (source, other))
)

select s.source, s.other, s.provider, s.prices, s.equal, coalesce(m.moves, 0), m.together
from stating as s
left join moving as m on m.source = s.source and m.other = s.other and coalesce(m.provider, '') = coalesce(s.provider, '')
$$;

create view market.source_copy as
select
    s.source,
    s.other,
    s.provider,
    s.prices,
    round(s.equal::numeric / s.prices, 4) as equal_share,
    s.moves,
    round(s.together::numeric / s.moves, 4) as together_share,
    coalesce(v.family, c.family, one.family) in (coalesce(w.family, two.family), two.family) as known_copy
from ledger.compared() as s
inner join ledger.source as one on one.name = s.source
inner join ledger.source as two on two.name = s.other
left join ledger.voice as v on v.source_id = one.id and v.provider_id = s.provider
left join ledger.voice as w on w.source_id = two.id and w.provider_id = s.provider
left join ledger.copied as c on c.source = s.source and c.provider is null and s.provider is null;

comment on view market.source_copy is 'Pairs of sources: what share of the prices both state is equal, and what share of the moves was made within a day; copies are high in both.';
comment on column market.source_copy.source is 'The source that may copy.';
comment on column market.source_copy.other is 'The source that it may copy from.';
comment on column market.source_copy.provider is 'Whose prices; NULL for all providers together.';
comment on column market.source_copy.prices is 'Prices above 0 that both state now.';
comment on column market.source_copy.equal_share is 'Share of them that are equal, 0 to 1.';
comment on column market.source_copy.moves is 'Moves of the source while the other stated the same price and was read within a day before it or later.';
comment on column market.source_copy.together_share is 'Share of them that the other made, to the same amount, within a day before or after, 0 to 1; NULL where there were none.';
comment on column market.source_copy.known_copy is 'Kept as a fact: the two count as one where they agree; for all providers together, that the source is a copy but for single providers.';
