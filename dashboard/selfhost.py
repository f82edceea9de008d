"""A section of Choose: what a model would cost on a machine of one's own or a rented one, and from which volume that pays."""

from dataclasses import dataclass
from decimal import Decimal

import streamlit as st

from dashboard import columns, data, figures, panels
from dashboard.columns import Column
from dashboard.selfhost_chart import curve, span
from market import selfhost
from market.selfhost import BreakEven, Rate

MODELS = """
select m.model, exists (select from market.probe as p where p.model = m.model and p.test = 'tg128') as measured
from market.model as m where m.open_weights
union
select p.model, true from market.probe as p where p.model is not null and p.test = 'tg128'
order by 2 desc, 1
"""
MEASURED = """
select distinct on (d.artifact, d.machine)
    d.artifact, d.machine, d.quantization, d.made_at, d.tps as decode, d.tps_lo as decode_lo, d.tps_hi as decode_hi,
    p.tps as prefill, p.tps_lo as prefill_lo, p.tps_hi as prefill_hi
from market.probe as d
inner join market.probe as p on p.sha256 = d.sha256 and p.machine_id = d.machine_id and p.settings = d.settings
where d.model = %(model)s and d.test = 'tg128' and p.test = 'pp512' and d.tps_lo > 0 and p.tps_lo > 0
order by d.artifact, d.machine, d.made_at desc
"""
CHEAPEST = """
select provider, quantization, blend_3to1_usd from market.offer_wide
where model = %(model)s and plan = 'standard' and blend_3to1_usd > 0 order by blend_3to1_usd, thing limit 1
"""
# Without the view's columns about the API, which would be looked up once more.
RENTALS = """
select distinct on (rental_id) rental_id, provider, instance, region, accelerator, count, spot, usd_hour, usd_mtok, tps, tps_lo, tps_hi,
    rental_seen_at, rental_url, rental_sha256, rental_source
from market.self_host_cost where model = %(model)s and utilisation = 1
order by rental_id, usd_mtok
"""
OWN = "Your own number"
RENTED, BOUGHT = "Rented", "Bought"
SHOWN_RENTALS = 200


@dataclass(frozen=True, slots=True)
class Machine:
    """What the reader asks about: a machine, how fast it is and what it costs."""

    usd_hour: Decimal
    rate: Rate
    said: str


def section() -> None:
    """Draws the question, the answer in a sentence, the curve, and every rental of the kind that was measured."""
    st.subheader("Run it ourselves?")
    models = data.ask(MODELS).rows
    if not models:
        panels.text(
            "No model is known yet. `modelmarket collect` brings prices, `modelmarket probe FILE --keep` a measured speed.", "empty"
        )
        return
    measured = {row["model"] for row in models if row["measured"]}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = st.selectbox(
            "Model with open weights", [row["model"] for row in models], key="own_model", bind="query-params", width=320,
            format_func=lambda one: f"{figures.plain(one, 60)} (measured)" if one in measured else figures.plain(one, 60),
        )  # fmt: skip
        rate, said = _speed(data.ask(MEASURED, model=model).rows)
        rentals = sorted(data.ask(RENTALS, model=model).rows, key=lambda row: (row["spot"], row["usd_mtok"]))
        usd_hour = _hour(rentals)
        volume = st.number_input("Million tokens a month", 0.0, 1e9, 100.0, key="own_volume", bind="query-params", width=170)
    api = next(iter(data.ask(CHEAPEST, model=model).rows), None)
    if rate is None or usd_hour is None:
        panels.text(_lacking(rate, usd_hour), "empty")
        return
    machine = Machine(usd_hour, rate, said)
    _answer(machine, api, Decimal(str(volume)) * 1_000_000)
    if rentals:
        chosen = panels.table(
            rentals[:SHOWN_RENTALS], TABLE, "rentals", "Machines for rent and what a million tokens cost there", height=250
        )
        panels.text("Cheapest first, those that may be taken back last. Select one for the page that says its price.")
        if chosen:
            what = f"{figures.plain(chosen['instance'], 60)} at {figures.plain(chosen['provider'], 30)}"
            panels.evidence(what, [_proof(chosen)])


def _even(row: data.Row, api: data.Row | None) -> data.Row:
    """From where on a rental pays."""
    rate = Rate.of(row["tps"], row["tps_lo"], row["tps_hi"])
    even = selfhost.break_even(row["usd_hour"], rate, api["blend_3to1_usd"]) if api else None
    return {"break_even_tokens_month": even.tokens_month if even else None, "break_even_utilisation": even.utilisation if even else None}


def _lacking(rate: Rate | None, usd_hour: Decimal | None) -> str:
    speed = "how many tokens a second it makes (`modelmarket probe FILE --keep` measures that)" if rate is None else ""
    hour = "what the machine costs an hour (`modelmarket collect gpuhunt` brings rental prices)" if usd_hour is None else ""
    return f"Say {' and '.join(part for part in (speed, hour) if part)}, and the answer stands here."


def _speed(rows: list[data.Row]) -> tuple[Rate | None, str]:
    """The rate of a mix of three tokens read to one written, as measured or as the reader has it."""
    names = {f"{figures.plain(row['artifact'], 50)} on {figures.plain(row['machine'], 40)}": row for row in rows}
    chosen = st.selectbox("Speed", [*names, OWN], key="own_speed", width=320)
    if chosen != OWN:
        row = names[chosen]
        each = {phase: Rate.of(row[phase], row[f"{phase}_lo"], row[f"{phase}_hi"]) for phase in ("prefill", "decode")}
        return selfhost.blended(each["prefill"], each["decode"]), "measured, one answer at a time"
    given = st.number_input("Tokens a second", 0.001, 1e7, None, key="own_tps", width=140, placeholder="in and out")
    return (None if given is None else Rate.of(given)), "as you say"


def _hour(rentals: list[data.Row]) -> Decimal | None:
    """USD an hour: of the cheapest rental, or as the reader has it."""
    kind = st.segmented_control("Machine", [RENTED, BOUGHT], default=RENTED, key="own_kind", required=True)
    if kind == RENTED:
        first = next((float(row["usd_hour"]) for row in rentals), None)
        given = st.number_input("USD an hour", 0.0, 1e6, first, key=f"own_hour_{first}", width=130, placeholder="all of it")
        return None if given is None else Decimal(str(given))
    price = st.number_input("Price, USD", 0.0, 1e9, None, key="own_price", width=130, placeholder="all of it")
    years = st.number_input("Years", 0.1, 20.0, 3.0, key="own_years", width=90)
    watts = st.number_input("Watts, mean", 0.0, 1e6, 400.0, key="own_watts", width=110)
    power = st.number_input("USD per kWh", 0.0, 10.0, 0.2, key="own_power", width=110)
    if price is None:
        return None
    return selfhost.bought(*(Decimal(str(number)) for number in (price, years, watts, power)))


def _answer(machine: Machine, api: data.Row | None, volume: Decimal) -> None:
    points = selfhost.curve(machine.usd_hour, machine.rate)
    price = api["blend_3to1_usd"] if api else None
    even = selfhost.break_even(machine.usd_hour, machine.rate, price) if price else None
    busy = volume / (machine.rate.tps * 3600 * selfhost.HOURS_A_MONTH)
    panels.text(_verdict(machine, api, even, volume, busy), "lead")
    theme = "dark" if st.context.theme.type == "dark" else "light"
    st.altair_chart(curve(points, price, busy, theme), width="stretch", key="own_curve")
    full, tenth = points[-1].cost, next(point.cost for point in points if point.utilisation == Decimal("0.1"))
    month = machine.usd_hour * selfhost.HOURS_A_MONTH
    where = f"per million tokens, at {figures.plain(api['provider'], 30)}" if api else "none on sale"
    where += f", {figures.plain(api['quantization'], 20)}" if api and api["quantization"] else ""
    panels.figures_row(
        [
            ("Busy all the time", figures.money(full.usd, "$0"), f"{span(full.low, full.high)} per million tokens"),
            ("Busy a tenth of it", figures.money(tenth.usd, "$0"), f"{span(tenth.low, tenth.high)} per million tokens"),
            ("The machine", figures.money(month, "$0"), f"a month, {figures.money(machine.usd_hour, '$0')} an hour"),
            ("Cheapest API", figures.money(price), where),
            ("Pays from", *_pays(even)),
        ]
    )
    panels.text(
        f"Three tokens read to one written. Speed: {figures.count(round(machine.rate.tps, 1))} tokens a second, {machine.said}; the band "
        "is the 95% interval of the measurement. A server that answers many at once makes several times as much: give its speed as your "
        "own number. Nobody's work to keep it running is counted."
    )


def _pays(even: BreakEven | None) -> tuple[str, str]:
    if even is None:
        return figures.UNKNOWN, "nothing to compare with"
    tokens = figures.parameters(int(even.tokens_month))
    return ("never", f"{tokens} tokens a month are more than it makes") if even.reached is False else (tokens, "tokens a month")


def _verdict(machine: Machine, api: data.Row | None, even: BreakEven | None, volume: Decimal, busy: Decimal) -> str:
    if busy > 1:
        return (
            f"One such machine cannot make {figures.parameters(int(volume))} tokens a month; it would take {figures.count(-(-busy // 1))}."
        )
    if api is None or even is None:
        return "No paid API offer of this model is known to compare with."
    here, there = machine.usd_hour * selfhost.HOURS_A_MONTH, api["blend_3to1_usd"] * volume / 1_000_000
    where = figures.plain(api["provider"], 30)
    told = f"{'Yes' if here < there else 'No'}: {figures.money(here, '$0')} a month for the machine, "
    told += f"{figures.money(there, '$0')} at {where} for {figures.parameters(int(volume))} tokens. "
    if even.reached is False:
        return told + "It never pays: this machine cannot make as many tokens as would cost the same there."
    sure = "" if even.reached else "; whether it can make them lies within the measurement's interval"
    return told + f"It pays from {figures.parameters(int(even.tokens_month))} tokens a month on, {float(even.utilisation):.0%} busy{sure}."


def _proof(row: data.Row) -> panels.Proof:
    price = figures.money(row["usd_hour"])
    return panels.Proof("USD an hour", price, row["rental_source"], row["rental_seen_at"], row["rental_url"], row["rental_sha256"])


def _volume(tokens: Decimal | None) -> str:
    return figures.parameters(None if tokens is None else int(tokens))


def _busy(share: Decimal | None) -> str:
    return figures.UNKNOWN if share is None else "cannot" if share > 1 else f"{float(share):.0%}"


TABLE = [
    Column("For rent at", lambda row: figures.plain(row["provider"], 30), "Who rents it out.", None, 110),
    Column("Machine", lambda row: figures.plain(row["instance"], 60), "The provider's own name of it.", None, 230),
    Column(
        "Accelerators", lambda row: f"{row['count']} × {figures.plain(row['accelerator'], 20)}", "As the source spells them.", None, 110
    ),
    Column("Region", lambda row: figures.plain(row["region"], 30), None, None, 110),
    Column("Spot", lambda row: "may be taken back" if row["spot"] else "", "Cheaper, since it may be taken back at any time.", None, 120),
    columns.number("USD an hour", "usd_hour", "For the whole machine.", figures.money, 95),
    columns.number("USD/Mtok, busy", "usd_mtok", "Per million tokens, working all the time.", figures.money, 115),
    columns.number("Pays from, tokens a month", "break_even_tokens_month", "Against the cheapest API offer.", _volume, 170),
    Column("Busy then", lambda row: _busy(row["break_even_utilisation"]), "Share of the time; above 100% it cannot.", None, 85, right=True),
    Column("Price seen", lambda row: figures.ago(row["rental_seen_at"]), width=105),
]
