-- How each method did when every past day was forecast once more, and who holds the title since when.
create view market.forecast_trial as
with turns as (
    select
        t.*,
        count(*) filter (where not t.kept) over (
            partition by t.floors, t.series, t.horizon_days, t.method order by t.tried_on
        ) as turn
    from (
        select
            *,
            titled is not distinct from lag(titled) over (
                partition by floors, series, horizon_days, method order by tried_on
            ) as kept
        from ledger.forecast_trial
    ) as t
)

select
    t.tried_on, t.floors, t.series, t.horizon_days, t.method, t.titled,
    min(t.tried_on) over (partition by t.floors, t.series, t.horizon_days, t.method, t.turn) as so_since,
    t.n, t.n_series, t.mae_log, t.pinball, t.coverage_80, t.width_80,
    t.error_ratio, t.error_ratio_low, t.error_ratio_high,
    t.skill, t.skill_low, t.skill_high,
    t.brier_skill, t.brier_skill_low, t.brier_skill_high
from turns as t;

comment on view market.forecast_trial is 'How each method did when every past day was forecast once more, night by night, on several sets of floors.';
comment on column market.forecast_trial.tried_on is 'UTC day of the backtest.';
comment on column market.forecast_trial.floors is '`believed`, or the source whose statements alone made the floors.';
comment on column market.forecast_trial.series is '`one model` or `family`: the group of series.';
comment on column market.forecast_trial.horizon_days is 'Days ahead: 28, 91 or 182.';
comment on column market.forecast_trial.method is 'no_change or event_rates.';
comment on column market.forecast_trial.titled is 'Whether the method held the title for the group and horizon.';
comment on column market.forecast_trial.so_since is 'Since which backtest it has held it, or has not.';
comment on column market.forecast_trial.n is 'Forecasts that came due.';
comment on column market.forecast_trial.n_series is 'Series they are of.';
comment on column market.forecast_trial.mae_log is 'Mean absolute error of the median, in logarithms of the price.';
comment on column market.forecast_trial.pinball is 'Mean pinball loss over the quantiles, in logarithms of the price.';
comment on column market.forecast_trial.coverage_80 is 'Share of outcomes within the 80% band, edges included.';
comment on column market.forecast_trial.width_80 is 'Mean width of the 80% band, in logarithms of the price.';
comment on column market.forecast_trial.error_ratio is 'Error over that of no change; NULL for no change itself.';
comment on column market.forecast_trial.error_ratio_low is 'Lower end of its 95% interval, bootstrapped over things priced.';
comment on column market.forecast_trial.error_ratio_high is 'Upper end of its 95% interval.';
comment on column market.forecast_trial.skill is '1 less pinball loss over that of no change.';
comment on column market.forecast_trial.skill_low is 'Lower end of its 95% interval.';
comment on column market.forecast_trial.skill_high is 'Upper end of its 95% interval.';
comment on column market.forecast_trial.brier_skill is '1 less Brier score of lower, same and higher over that of no change.';
comment on column market.forecast_trial.brier_skill_low is 'Lower end of its 95% interval.';
comment on column market.forecast_trial.brier_skill_high is 'Upper end of its 95% interval.';
