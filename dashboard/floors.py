"""The first sections of Outlook: the price floor and where it may go, what became of past forecasts, and which method is any good."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboard import data, figures, floor_chart, panels
from dashboard.columns import Column

METERS = {"input_mtok": "input", "output_mtok": "output", "blend_3to1": "blend, 3 input to 1 output", "cache_read_mtok": "cached input"}
METHODS = {"no_change": "no change", "event_rates": "event rates"}
FIRST = "chat output_mtok"
SHOWN = 12

OPTIONS = """
select series, says from market.floor_move
where to_on is null and floor_usd is not null
    and case when cardinality(%(words)s::text[]) = 0 then series !~ '/' else series ilike all(%(words)s) end
order by series ~ '/', series ~ '[:-]', series limit 200
"""
MOVES = "select * from market.floor_move where series = %(series)s order by from_on"
AHEAD = """
select target_on, horizon_days, quantile, value_usd, method, made_at, known_at, start_usd, p_lower, p_same, p_higher from market.forecast
where series = %(series)s and titled and made_at = (select max(made_at) from market.forecast where series = %(series)s)
order by target_on, quantile
"""
LIKE = """
select index, (select min(day) from market.price_index where meter = %(meter)s) as first_on
from market.price_index where meter = %(meter)s order by day desc limit 1
"""
PAST = """
select *, count(*) over () as total from market.forecast_score
where series = %(series)s and titled order by target_on desc, made_at desc limit %(limit)s
"""
TRIALS = """
select c.*, u.mae_log as usual_error, u.coverage_80 as usual_coverage, u.so_since as usual_since, u.titled as usual_titled
from market.forecast_trial as c
inner join market.forecast_trial as u
    on u.tried_on = c.tried_on and u.floors = c.floors and u.series = c.series and u.horizon_days = c.horizon_days
    and u.method = 'no_change'
where c.method <> 'no_change' and c.tried_on = (select max(tried_on) from market.forecast_trial)
order by c.floors <> 'believed', c.floors, c.series, c.horizon_days
"""


def floor() -> None:
    """The floor of one series: where it stands, who sets it, where it may go; and what became of what was said of it."""
    st.subheader("Price floor")
    series = _chosen()
    if series is None:
        return
    moves, ahead = data.ask(MOVES, series=series).rows, data.ask(AHEAD, series=series).rows
    now = moves[-1]
    panels.text(_verdict(series), "lead")
    panels.figures_row([*_figures(now, moves, ahead), *_like_for_like(series)])
    today = datetime.now(UTC).date()
    theme = "dark" if st.context.theme.type == "dark" else "light"
    st.altair_chart(floor_chart.draw(moves, ahead, today, theme), width="stretch", key="floor")
    panels.text(_legend(now, ahead))
    _past(series)


def skill() -> None:
    """How each method did on the past."""
    st.subheader("Does any method beat no change?")
    rows = data.ask(TRIALS).rows
    if not rows:
        panels.text("No backtest yet: the clock runs one every night; `modelmarket backtest` prints one now.", "empty")
        return
    panels.table(rows, SKILL, "skill", "How the challenger did against no change")
    panels.text(
        "Every fourth week of the past forecast once more with what was known then. Error is the mean absolute error of the median, in "
        "logarithms; a ratio under 1 is better than no change. In brackets 95% intervals, bootstrapped over models. The challenger gets "
        "the title for a group and so many days only when its ratio's upper end is under 1 and its 80% band holds 75% to 95% of what "
        "came, on at least 200 forecasts of 20 series, in the floors of two single sources. 182 days is unverified: the past is too short."
    )


def _chosen() -> str | None:
    """The series to show: a family, or one of a model that is looked for."""
    find, choose = st.columns(2)
    words = data.like(find.text_input("Find a model", placeholder="a model's name; empty for families", key="floor-words"))
    options = data.ask(OPTIONS, words=words).rows
    if not options:
        said = "No floor's name has these words; look for fewer." if words else panels.NO_PRICES
        panels.text(said, "empty")
        return None
    says = {row["series"]: row["says"] for row in options}
    names = list(says)
    place = names.index(FIRST) if FIRST in names else 0
    return str(choose.selectbox("Floor", names, place, format_func=lambda name: _name(name, says.get(name)), key=f"floor-{words}"))


def _name(series: str, says: str | None) -> str:
    subject, _, meter = series.rpartition(" ")
    return f"{says or figures.plain(subject)}: {METERS.get(meter) or meter.replace('_', ' ')}"


def _verdict(series: str) -> str:
    """Which method is believed, and since when, in a sentence."""
    group = "one model" if "/" in series else "family"
    rows = [row for row in data.ask(TRIALS).rows if row["series"] == group and row["floors"] == "believed"]
    if not rows:
        return "Nothing has been tried on the past yet, so nothing is said of the future."
    lost = [row["horizon_days"] for row in rows if row["usual_titled"]]
    told = []
    if lost:
        since = figures.iso(max(row["usual_since"] for row in rows if row["usual_titled"]))
        told.append(f"No method beats no change at {_listed(lost)} days (so since {since}): the best forecast is today's floor.")
    won = [row for row in rows if row["titled"]]
    if won:
        told.append(
            f"Event rates hold the title at {_listed([r['horizon_days'] for r in won])} days since {figures.iso(won[0]['so_since'])}."
        )
    return " ".join(told)


def _listed(numbers: list[int]) -> str:
    *most, last = map(str, sorted(numbers))
    return f"{', '.join(most)} or {last}" if most else last


def _figures(now: data.Row, moves: list[data.Row], ahead: list[data.Row]) -> list[tuple[str, str, str]]:
    sold = now["thing"].split("|")[1] if now["thing"] else figures.UNKNOWN
    who = f"{now['model'] or sold} at {now['provider'] or figures.UNKNOWN}"
    found = [
        ("Floor, USD/Mtok", figures.money(now["floor_usd"]), f"{figures.plain(who, 60)}, since {figures.iso(_since(moves))}"),
        (
            "Second lowest",
            figures.money(now["second_usd"]),
            f"{figures.count(now['n_within_10pct'])} within 10% of the floor, itself included",
        ),
    ]
    for days in (28, 91):
        band = {float(row["quantile"]): row for row in ahead if row["horizon_days"] == days}
        if band:
            words = f"{figures.money(band[0.1]['value_usd'])} to {figures.money(band[0.9]['value_usd'])}"
            median = band[0.5]
            lower = f"{100 * median['p_lower']:.0f}% that it falls, {100 * median['p_higher']:.0f}% that it rises"
            if median["start_usd"] != now["floor_usd"]:
                lower += f", from {figures.money(median['start_usd'])}"
            found.append((f"In {days} days, 80% band", words, lower))
    return found


def _like_for_like(series: str) -> list[tuple[str, str, str]]:
    """How the prices of the same things moved, for a family: what a floor falls by entries alone is not in it."""
    rows = [] if "/" in series else data.ask(LIKE, meter=series.rpartition(" ")[2]).rows
    hint = "the same things' prices, on average; new offers and newly listed providers left out"
    return [(f"Like for like since {row['first_on']:%b %Y}", figures.change(Decimal(str(row["index"])) / 100), hint) for row in rows]


def _since(moves: list[data.Row]) -> date:
    """Since when the same thing sets the same floor."""
    last, since = moves[-1], moves[-1]["from_on"]
    for row in reversed(moves):
        if (row["floor_usd"], row["thing"]) != (last["floor_usd"], last["thing"]):
            break
        since = row["from_on"]
    found: date = since
    return found


def _legend(now: data.Row, ahead: list[data.Row]) -> str:
    told = [f"Why it last moved: {REASONS.get(now['reason'], now['reason'])}."]
    if now["held_usd"] is not None:
        told.append(f"A lower ask of {figures.money(now['held_usd'])} is passed over: nothing confirms it.")
    if ahead:
        told.append(
            f"Bands hold 50, 80 and 90% (made {figures.instant(ahead[0]['made_at'])}, {METHODS[ahead[0]['method']]}); "
            "beyond 91 days they are unverified."
        )
        if ahead[0]["start_usd"] != now["floor_usd"]:
            told.append(
                f"It starts from {figures.money(ahead[0]['start_usd'])}, the floor of the days before: that it has moved since will be "
                "in tonight's."
            )
    else:
        told.append("No forecast of this floor yet: the clock makes them every night once some weeks of history are there.")
    told.append(
        "Dotted lines are scenarios and no forecasts: 10 times cheaper a year is what a16z saw for equal quality (November 2024), 40 times "
        "what Epoch AI saw for GPT-4's level on science questions (March 2025; 9 to 900 times on others), 2 times is ours, for scale."
    )
    return " ".join(told)


REASONS = {
    "start": "it is the first known",
    "entry": "something new came on sale",
    "coverage": "a source began to list this provider, which may have sold it before",
    "return": "it came back on sale",
    "cut": "its price was cut",
    "rise": "the price that set it rose",
    "withdrawal": "what set it went off sale",
    "confirmed": "another price came near enough to confirm it",
}


def _past(series: str) -> None:
    answer = data.ask(PAST, series=series, limit=SHOWN)
    if not answer.rows:
        panels.text("No forecast of this floor has come due yet; each is scored when its day has passed.", "empty")
        return
    inside = [row["coverage"] for row in answer.rows if row["coverage"] is not None]
    held = f" The band held {sum(inside)} of these {len(inside)}." if inside else ""
    panels.text(f"What became of past forecasts of this floor, the newest {len(answer.rows)} of {figures.count(answer.total)}.{held}")
    panels.table(answer.rows, CAME, f"past-{series}", "Past forecasts against what came")


def _band(row: data.Row) -> str:
    return f"{figures.money(row['low_usd'])} to {figures.money(row['high_usd'])}"


def _inside(row: data.Row) -> str:
    return figures.UNKNOWN if row["coverage"] is None else "in the band" if row["coverage"] else "outside"


def _interval(field: str) -> Any:
    def cell(row: data.Row) -> str:
        if row[field] is None:
            return figures.UNKNOWN
        return f"{row[field]:.2f} ({row[f'{field}_low']:.2f} to {row[f'{field}_high']:.2f})"

    return cell


CAME = [
    Column("For", lambda row: figures.iso(row["target_on"]), "UTC day forecast.", None, 95),
    Column("Days", lambda row: row["horizon_days"], "Days ahead when it was made.", figures.count, 60),
    Column("Said", lambda row: row["median_usd"], "Median, USD per million tokens.", figures.money, 100),
    Column("80% band", _band, "USD per million tokens.", None, 170),
    Column("Came", lambda row: row["actual_usd"], "USD per million tokens; unknown where nothing competed any more.", figures.money, 100),
    Column("Held", _inside, width=95),
    Column("Method", lambda row: METHODS[row["method"]], width=100),
]
SKILL = [
    Column("Floors of", lambda row: row["floors"], "believed: of all sources together; else what that source alone says.", None, 120),
    Column("Series", lambda row: row["series"], "Of one model each, or of many models.", None, 95),
    Column("Days", lambda row: row["horizon_days"], "Days ahead.", figures.count, 60),
    Column("Forecasts", lambda row: row["n"], "That came due.", figures.count, 85),
    Column("No change: error", lambda row: f"{row['usual_error']:.3f}", "In logarithms of the price.", None, 125, right=True),
    Column("in 80% band", lambda row: f"{100 * row['usual_coverage']:.0f}%", "Share of what came.", None, 95, right=True),
    Column("Challenger: error ÷ no change", _interval("error_ratio"), "Under 1 is better.", None, 205, right=True),
    Column("in its 80% band", lambda row: f"{100 * row['coverage_80']:.0f}%", "Share of what came.", None, 110, right=True),
    Column("Skill on direction", _interval("brier_skill"), "Brier skill of lower, same, higher; over 0 is better.", None, 190, right=True),
    Column("Title", lambda row: "challenger" if row["titled"] else "no change", width=95),
]
SECTIONS = (floor, skill)
