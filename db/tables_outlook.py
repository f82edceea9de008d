"""Schema `ledger`, continued: what was forecast, when, what came of it, and how methods did on the past."""

from sqlalchemy import Boolean, Column, Date, Double, Index, Integer, Numeric, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from db.columns import AT, metadata

__all__ = ["metadata"]

forecast = Table(
    "forecast",
    metadata,
    Column("series", Text, nullable=False, comment="The price floor forecast, as in floor_day."),
    Column("made_at", AT, nullable=False, comment="When it was made."),
    Column("known_at", AT, nullable=False, comment="What was known then was used: floors of the UTC days before."),
    Column("target_on", Date, nullable=False, comment="UTC day forecast, at its end."),
    Column("horizon_days", Integer, nullable=False, comment="Days from the day it was made."),
    Column("method", Text, nullable=False, comment="no_change or event_rates."),
    Column("titled", Boolean, nullable=False, comment="Whether it was shown as the forecast: its method held the title."),
    Column("start_usd", Numeric, nullable=False, comment="The last floor known, USD per million tokens."),
    Column(
        "values_usd",
        ARRAY(Numeric),
        nullable=False,
        comment="USD per million tokens at the quantiles 0.05, 0.1, 0.25, 0.5, 0.75, 0.9 and 0.95.",
    ),
    Column("p_lower", Double, nullable=False, comment="Probability that the floor will be lower than the last one known."),
    Column("p_same", Double, nullable=False, comment="Probability that it will be the same."),
    Column("p_higher", Double, nullable=False, comment="Probability that it will be higher."),
    PrimaryKeyConstraint("series", "target_on", "method", "made_at"),
    Index(None, "target_on"),
    comment="Forecasts of price floors, as they were made; only inserted.",
)

forecast_score = Table(
    "forecast_score",
    metadata,
    Column("series", Text, nullable=False, comment="The forecast's."),
    Column("target_on", Date, nullable=False, comment="The forecast's."),
    Column("method", Text, nullable=False, comment="The forecast's."),
    Column("made_at", AT, nullable=False, comment="The forecast's."),
    Column("scored_at", AT, nullable=False, comment="When the day had passed and this was written."),
    Column("actual_usd", Numeric, comment="The floor that came, USD per million tokens; NULL where nothing competed any more."),
    Column("error_log", Double, comment="Absolute error of the median, in logarithms of the price."),
    Column("pinball", Double, comment="Mean pinball loss over the quantiles, in logarithms of the price."),
    Column("inside_80", Boolean, comment="Whether the floor lay within the 80% band, edges included."),
    Column("brier", Double, comment="Brier score of lower, same and higher, from 0 to 2."),
    PrimaryKeyConstraint("series", "target_on", "method", "made_at"),
    comment="What came of forecasts, written once when the day had passed.",
)

forecast_trial = Table(
    "forecast_trial",
    metadata,
    Column("tried_on", Date, nullable=False, comment="UTC day of the backtest."),
    Column("floors", Text, nullable=False, comment="`believed`, or the source whose statements alone made the floors."),
    Column("series", Text, nullable=False, comment="`one model` or `family`: the group of series."),
    Column("horizon_days", Integer, nullable=False, comment="Days ahead."),
    Column("method", Text, nullable=False, comment="no_change or event_rates."),
    Column("titled", Boolean, nullable=False, comment="Whether the method held the title for this group and horizon from that day on."),
    Column("n", Integer, nullable=False, comment="Forecasts that came due."),
    Column("n_series", Integer, nullable=False, comment="Series they are of."),
    Column("mae_log", Double, nullable=False, comment="Mean absolute error of the median, in logarithms of the price."),
    Column("pinball", Double, nullable=False, comment="Mean pinball loss over the quantiles, in logarithms of the price."),
    Column("coverage_80", Double, nullable=False, comment="Share of outcomes within the 80% band."),
    Column("width_80", Double, nullable=False, comment="Mean width of the 80% band, in logarithms of the price."),
    Column("error_ratio", Double, comment="Error over that of no change; NULL for no change itself and where that made none."),
    Column("error_ratio_low", Double, comment="Lower end of its 95% interval."),
    Column("error_ratio_high", Double, comment="Upper end of its 95% interval."),
    Column("skill", Double, comment="1 less pinball loss over that of no change."),
    Column("skill_low", Double, comment="Lower end of its 95% interval."),
    Column("skill_high", Double, comment="Upper end of its 95% interval."),
    Column("brier_skill", Double, comment="1 less Brier score of direction over that of no change."),
    Column("brier_skill_low", Double, comment="Lower end of its 95% interval."),
    Column("brier_skill_high", Double, comment="Upper end of its 95% interval."),
    PrimaryKeyConstraint("tried_on", "floors", "series", "horizon_days", "method"),
    comment="How each method did when every past day was forecast once more; newest day first says who holds the title.",
)
