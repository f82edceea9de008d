-- Like for like: how the prices of the same things moved, day after day, chained; what comes, goes or is found by a tracker moves nothing.
create view market.price_index as
with asked as (
    select
        a.meter,
        a.thing,
        a.usd,
        a.why = 'change' as same,
        (a.begin_at at time zone 'UTC')::date as begin_on,
        (a.end_at at time zone 'UTC')::date as end_on,
        lag(a.usd) over (partition by a.thing, a.meter order by a.begin_at) as before_usd
    from ledger.ask as a
    inner join ledger.chats as c on c.thing = a.thing
),

happened as (
    select meter, begin_on as day, same, case when same then ln(usd / before_usd) end as moved, not same as came, false as went
    from asked
    union all
    select meter, end_on, false, null, false, true from asked where end_on < '9999-01-01'
),

daily as (
    select
        meter,
        day,
        coalesce(sum(moved), 0) as moved,
        count(*) filter (where same) as n_moved,
        count(*) filter (where came) as came,
        count(*) filter (where went) - count(*) filter (where same) as went
    from happened
    where day <= (now() at time zone 'UTC')::date
    group by meter, day
),

matched as (
    select d.*, coalesce(sum(d.came - d.went) over path, 0) - d.went as n_matched
    from daily as d
    window path as (partition by d.meter order by d.day rows between unbounded preceding and 1 preceding)
)

select
    meter,
    day,
    100 * exp(sum(coalesce(moved / nullif(greatest(n_matched, 0), 0), 0)) over (partition by meter order by day)) as index,
    n_matched,
    n_moved
from matched;

comment on view market.price_index is 'Chained index of the prices of things that chat, matched day to day: geometric mean of the moves of the same things, each alike; 100 on the first day.';
comment on column market.price_index.meter is 'input_mtok, output_mtok or cache_read_mtok.';
comment on column market.price_index.day is 'UTC day on which anything moved, came or went; the index holds until the next.';
comment on column market.price_index.index is '100 on the first day.';
comment on column market.price_index.n_matched is 'Things on sale the day before and still on this one.';
comment on column market.price_index.n_moved is 'Of these, prices that moved.';
