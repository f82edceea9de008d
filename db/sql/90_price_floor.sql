-- The floor of each series on each day: the lowest confirmed ask, and what stands beside it.
create view market.price_floor as
with held as (
    select
        f.*,
        lead(f.day) over path as next_day,
        count(*) filter (where f.fresh) over path as turn
    from (
        select
            d.*,
            (d.floor_usd, d.thing) is distinct from (
                lag(d.floor_usd) over (partition by d.series order by d.day), lag(d.thing) over (partition by d.series order by d.day)
            ) as fresh
        from ledger.floor_day as d
    ) as f
    window path as (partition by f.series order by f.day)
)

select
    h.series,
    each.day::date as day,
    h.floor_usd,
    h.second_usd,
    h.n_within_10pct,
    h.model,
    h.provider,
    h.reason,
    min(h.day) over (partition by h.series, h.turn) as since,
    h.agreement,
    h.held_usd,
    h.thing
from held as h
cross join lateral generate_series(
    h.day, coalesce(h.next_day - 1, greatest(h.day, (now() at time zone 'UTC')::date)), interval '1 day'
) as each (day);

comment on view market.price_floor is 'Price floors by series and UTC day: the lowest confirmed ask standing at the end of the day. A series is a family (chat, open, closed) or a model, and a meter.';
comment on column market.price_floor.series is 'Family or model, and meter: `chat output_mtok`, `deepseek/deepseek-chat blend_3to1`.';
comment on column market.price_floor.day is 'UTC day, at its end.';
comment on column market.price_floor.floor_usd is 'Lowest confirmed ask, USD per million tokens; NULL where nothing competes.';
comment on column market.price_floor.second_usd is 'Next higher ask, USD per million tokens.';
comment on column market.price_floor.n_within_10pct is 'Things that ask at most a tenth more, the floor''s own included.';
comment on column market.price_floor.model is 'Canonical author/slug of what sets it.';
comment on column market.price_floor.provider is 'Who sells it.';
comment on column market.price_floor.reason is 'Why the floor last moved: start, entry, coverage (a source began to list the provider), return, cut, rise, withdrawal, confirmed.';
comment on column market.price_floor.since is 'Day since which this thing sets this floor.';
comment on column market.price_floor.agreement is 'Independent sources that give the amount.';
comment on column market.price_floor.held_usd is 'Lowest ask that was passed over: no second source gives it, and the next one is more than five times as high.';
comment on column market.price_floor.thing is 'What sets it, the same text for every source that lists it.';
