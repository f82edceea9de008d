-- What was forecast of each price floor, by every method, as it was made.
create view market.forecast as
select
    f.series,
    f.made_at,
    f.target_on,
    q.quantile,
    q.value_usd,
    f.method,
    f.titled,
    f.horizon_days,
    f.start_usd,
    f.p_lower,
    f.p_same,
    f.p_higher,
    f.known_at
from ledger.forecast as f
cross join lateral unnest(array[0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95], f.values_usd) as q (quantile, value_usd);

comment on view market.forecast is 'Forecasts of price floors by series, target day, quantile and method, stored when made and never rewritten.';
comment on column market.forecast.series is 'The series of market.price_floor.';
comment on column market.forecast.made_at is 'When it was made.';
comment on column market.forecast.target_on is 'UTC day forecast, at its end.';
comment on column market.forecast.quantile is 'Probability that the floor will be at most value_usd: 0.05, 0.1, 0.25, 0.5, 0.75, 0.9 or 0.95.';
comment on column market.forecast.value_usd is 'USD per million tokens.';
comment on column market.forecast.method is 'no_change (the last floor, with the spread of past changes around it) or event_rates (the challenger).';
comment on column market.forecast.titled is 'Whether it is the forecast: its method held the title when it was made.';
comment on column market.forecast.horizon_days is 'Days ahead: 28, 91 or 182; the last is unverified.';
comment on column market.forecast.start_usd is 'The last floor known, USD per million tokens.';
comment on column market.forecast.p_lower is 'Probability that the floor will be lower than start_usd.';
comment on column market.forecast.p_same is 'Probability that it will be the same.';
comment on column market.forecast.p_higher is 'Probability that it will be higher.';
comment on column market.forecast.known_at is 'Floors of the UTC days before this instant were used.';
