-- What came of forecasts whose day has passed, beside no change at the same task.
create view market.forecast_score as
select
    s.series,
    s.made_at,
    s.target_on,
    s.method,
    f.titled,
    f.horizon_days,
    f.start_usd,
    s.actual_usd,
    f.values_usd[4] as median_usd,
    f.values_usd[2] as low_usd,
    f.values_usd[6] as high_usd,
    s.error_log,
    s.pinball,
    s.inside_80::integer as coverage,
    s.brier,
    case when s.pinball is not null then 1 - s.pinball / nullif(usual.pinball, 0) end as skill,
    s.scored_at
from ledger.forecast_score as s
inner join ledger.forecast as f
    on f.series = s.series and f.target_on = s.target_on and f.method = s.method and f.made_at = s.made_at
left join ledger.forecast_score as usual
    on usual.series = s.series and usual.target_on = s.target_on and usual.method = 'no_change' and usual.made_at = s.made_at;

comment on view market.forecast_score is 'What came of each forecast, once its day had passed: loss, whether the band held it, skill against no change.';
comment on column market.forecast_score.series is 'The series of market.price_floor.';
comment on column market.forecast_score.made_at is 'When the forecast was made.';
comment on column market.forecast_score.target_on is 'UTC day forecast, at its end.';
comment on column market.forecast_score.method is 'no_change or event_rates.';
comment on column market.forecast_score.titled is 'Whether it was shown as the forecast when it was made.';
comment on column market.forecast_score.horizon_days is 'Days ahead: 28, 91 or 182.';
comment on column market.forecast_score.start_usd is 'The last floor known when it was made, USD per million tokens.';
comment on column market.forecast_score.actual_usd is 'The floor that came, USD per million tokens; NULL where nothing competed any more, and nothing is scored.';
comment on column market.forecast_score.median_usd is 'The median forecast, USD per million tokens.';
comment on column market.forecast_score.low_usd is 'Lower edge of the 80% band, USD per million tokens.';
comment on column market.forecast_score.high_usd is 'Upper edge of the 80% band, USD per million tokens.';
comment on column market.forecast_score.error_log is 'Absolute error of the median, in logarithms of the price.';
comment on column market.forecast_score.pinball is 'Mean pinball loss over the quantiles, in logarithms of the price.';
comment on column market.forecast_score.coverage is '1 where the floor lay within the 80% band, edges included, else 0; the mean is the coverage.';
comment on column market.forecast_score.brier is 'Brier score of lower, same and higher, from 0 to 2.';
comment on column market.forecast_score.skill is '1 less pinball loss over that of no change for the same series and day; NULL where no change lost nothing.';
comment on column market.forecast_score.scored_at is 'When it was scored.';
