-- For each cut and rise, when each source that stated the price first showed the new one; a source that had it before, or came later,
-- or was not read again for 30 days, says nothing about lag and has no row. A function, so that it is planned with settings of its own:
-- the planner thinks that moves are few, and would loop over all that was ever said for each.
drop function if exists ledger.raced();
create function ledger.raced() returns table (
    thing text, model text, provider text, plan text, meter text, condition text, kind text, old_usd numeric, new_usd numeric, told_by text,
    first_at timestamptz, source text, shown_at timestamptz, line_id int
)
language sql stable security definer set search_path = '' set enable_nestloop = off set work_mem = '64MB' set jit = off
as $$
with moves as materialized (
    select
        line_id, thing, model, provider, plan, meter, condition, kind, old_usd, new_usd, source as told_by, seen_at,
        lag(seen_at, 1, '-infinity') over price as last_at,
        lead(seen_at, 1, 'infinity') over price as next_at
    from market.price_change
    where kind in ('cut', 'rise')
    window price as (partition by thing, meter, condition order by seen_at, changed_at)
),

steps as materialized (
    select
        o.thing, l.meter, coalesce(l.condition, '') as condition, src.name as source, s.gone, s.usd, s.seen_at, sc.last_seen_at as read_at,
        coalesce(s.gone_at, 'infinity') as gone_at,
        lag(s.usd) over (partition by o.id, l.meter, l.condition, s.scope_id order by s.seen_at, l.stated_from nulls first) as old_usd
    from ledger.offer as o
    inner join ledger.source as src on src.id = o.source_id
    inner join ledger.price_line as l on l.offer_id = o.id
    inner join ledger.said as s on s.line_id = l.id
    inner join ledger.scope as sc on sc.id = s.scope_id
    where o.thing in (select m.thing from moves as m)
),

shown as (
    select
        m.*,
        s.source,
        min(s.seen_at) filter (where s.usd = m.new_usd and s.old_usd <> s.usd and s.seen_at > m.last_at and s.seen_at < m.next_at) as shown_at
    from moves as m
    inner join steps as s on s.thing = m.thing and s.meter = m.meter and s.condition = coalesce(m.condition, '')
    group by
        m.line_id, m.thing, m.model, m.provider, m.plan, m.meter, m.condition, m.kind, m.old_usd, m.new_usd, m.told_by, m.seen_at,
        m.last_at, m.next_at, s.source
),

raced as (
    select *, min(shown_at) over (partition by line_id, seen_at) as first_at
    from shown
),

waited as (
    select r.line_id, r.seen_at, r.source
    from raced as r
    inner join steps as s
        on s.thing = r.thing and s.meter = r.meter and s.condition = coalesce(r.condition, '') and s.source = r.source
    where r.shown_at is null and r.next_at > r.first_at + interval '30 days' and not s.gone
    group by r.line_id, r.seen_at, r.source, r.first_at, r.new_usd
    having
        bool_or(s.seen_at <= r.first_at and s.gone_at > r.first_at)
        and bool_or(s.seen_at <= r.first_at + interval '30 days' and s.gone_at > r.first_at + interval '30 days')
        and max(s.read_at) >= r.first_at + interval '30 days'
        and not bool_or(s.usd = r.new_usd and s.gone_at > r.first_at)
)

select
    r.thing, r.model, r.provider, r.plan, r.meter, r.condition, r.kind, r.old_usd, r.new_usd, r.told_by, r.first_at, r.source, r.shown_at,
    r.line_id
from raced as r
left join waited as w on w.line_id = r.line_id and w.seen_at = r.seen_at and w.source = r.source
where r.shown_at is not null or w.line_id is not null
$$;

create view market.move_seen as
select *, round(extract(epoch from shown_at - first_at) / 86400, 3) as lag_days from ledger.raced();

comment on view market.move_seen is 'For each cut and rise, when each source that stated the price first showed the new one, as far as it was read often enough to tell.';
comment on column market.move_seen.thing is 'What is on sale, the same text for every source that lists it.';
comment on column market.move_seen.model is 'Canonical author/slug; NULL while unresolved.';
comment on column market.move_seen.provider is 'Who bills, one spelling for all sources.';
comment on column market.move_seen.plan is 'standard, batch, flex, priority, free …';
comment on column market.move_seen.meter is 'What is counted; the suffix is the unit of the price.';
comment on column market.move_seen.condition is 'When the price holds, canonical text; NULL for always.';
comment on column market.move_seen.kind is 'cut or rise.';
comment on column market.move_seen.old_usd is 'USD per the meter''s unit before.';
comment on column market.move_seen.new_usd is 'USD per the meter''s unit after.';
comment on column market.move_seen.told_by is 'The source that market.price_change tells the move by.';
comment on column market.move_seen.first_at is 'When any source first showed the new price.';
comment on column market.move_seen.source is 'The source of this row.';
comment on column market.move_seen.shown_at is 'When it first showed the new price; NULL for never: it went on with another price for 30 days and longer.';
comment on column market.move_seen.lag_days is 'Days from first_at to shown_at: 0 for the first to show it, NULL for never.';
comment on column market.move_seen.line_id is 'Number of the price line that moved, for joins.';

-- Who is how late, per provider; moves that only one source could show are no race.
create view market.source_lag as
with raced as (
    select *, count(*) over (partition by thing, line_id, first_at) as runners
    from market.move_seen
)

select
    source,
    provider,
    count(shown_at) as moves_seen,
    count(*) filter (where lag_days = 0) as first,
    round(percentile_cont(0.5) within group (order by lag_days)::numeric, 2) as median_lag_days,
    round(percentile_cont(0.9) within group (order by lag_days)::numeric, 2) as p90_lag_days,
    count(*) - count(shown_at) as never
from raced
where runners > 1
group by grouping sets ((source, provider), (source));

comment on view market.source_lag is 'Tracker lag: how late each source shows cuts and rises, against the first source to show them, where at least two could; no source is earlier here than its pages were read.';
comment on column market.source_lag.source is 'Name of the source.';
comment on column market.source_lag.provider is 'Whose prices moved; NULL for all providers together.';
comment on column market.source_lag.moves_seen is 'Cuts and rises it showed.';
comment on column market.source_lag.first is 'Of these, the ones it was the first to show.';
comment on column market.source_lag.median_lag_days is 'Median days after the first source; NULL where it showed none.';
comment on column market.source_lag.p90_lag_days is 'Days after the first source within which nine of ten came; NULL where it showed none.';
comment on column market.source_lag.never is 'Moves it had not shown 30 days after the first source and never did, though it went on stating that price.';
