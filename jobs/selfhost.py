"""`modelmarket selfhost`: what a million tokens cost on a machine of one's own or a rented one, against the cheapest API."""

import argparse
from decimal import Decimal
from typing import Any

from db import views
from jobs import output
from market import selfhost as rules
from market.errors import Misused
from market.selfhost import Rate

MEASURED = """
select d.artifact, d.machine, d.tps as decode, d.tps_lo as decode_lo, d.tps_hi as decode_hi, d.made_at,
    p.tps as prefill, p.tps_lo as prefill_lo, p.tps_hi as prefill_hi
from market.probe as d
inner join market.probe as p on p.sha256 = d.sha256 and p.machine_id = d.machine_id and p.settings = d.settings
where d.model = %(model)s and d.test = 'tg128' and p.test = 'pp512' and d.tps_lo > 0 and p.tps_lo > 0
order by d.tps desc, d.artifact limit 1
"""
CHEAPEST = """
select model, provider, plan, quantization, blend_3to1_usd, thing from market.offer_wide
where model = %(model)s and plan = 'standard' and blend_3to1_usd > 0 order by blend_3to1_usd, thing limit 1
"""
RENTALS = """
select * from market.self_host_cost where model = %(model)s and (%(share)s::numeric is null or utilisation = 1)
order by spot, usd_hour / tps, provider, region, rental_id, utilisation
"""
SHOWN = ("utilisation", "usd_mtok", "low", "high")
RENTED = ("accelerator", "provider", "region", "spot", "usd_hour", "usd_mtok", "low", "high", "break_even_tokens_month", "busy")


def selfhost(asked: argparse.Namespace) -> int:
    """Prints the curve of one machine, or every known rental of the kind that measured the model."""
    model = asked.model.strip().lower() if asked.model else None
    hourly = _hourly(asked)
    api = _api(asked, model)
    if hourly is None:
        return _rentals(asked, model, api)
    rate, measured = _rate(asked, model)
    shares = (asked.utilisation,) if asked.utilisation else rules.SHARES
    points = rules.curve(hourly, rate, shares)
    even = rules.break_even(hourly, rate, api["usd_mtok"]) if api else None
    if asked.json:
        output.document({
            "model": model, "usd_hour": hourly, "tokens_per_second": float(rate.tps), "tokens_per_second_lo": float(rate.low),
            "tokens_per_second_hi": float(rate.high), "measured": measured, "api": api,
            "curve": [
                {"utilisation": float(p.utilisation), "usd_mtok": p.cost.usd, "usd_mtok_lo": p.cost.low, "usd_mtok_hi": p.cost.high}
                for p in points
            ],
            "break_even": {
                "tokens_month": int(even.tokens_month), "utilisation": float(even.utilisation), "utilisation_lo": float(even.low),
                "utilisation_hi": float(even.high), "reached": even.reached,
            } if even else None,
        })  # fmt: skip
        return 0
    said = f"measured on {measured['machine']}, one answer at a time" if measured else "as given"
    print(f"{_money(hourly)} an hour, {float(rate.tps):,.1f} tokens a second ({said}).\n")
    rows = [[f"{float(p.utilisation):.2%}", *(_money(usd) for usd in (p.cost.usd, p.cost.low, p.cost.high))] for p in points]
    print(output.grid(SHOWN, rows))
    print(f"\nUSD per million tokens. {_verdict(even, api)}")
    return 0


def _hourly(asked: argparse.Namespace) -> Decimal | None:
    if asked.gpu_hour is not None and asked.purchase is not None:
        raise Misused("A machine is rented or bought; give --gpu-hour or --purchase, not both.")
    if asked.purchase is not None:
        return rules.bought(asked.purchase, asked.years, asked.watts, asked.electricity)
    given: Decimal | None = asked.gpu_hour
    return given


def _api(asked: argparse.Namespace, model: str | None) -> dict[str, Any] | None:
    if asked.api_price is not None:
        return {"usd_mtok": asked.api_price, "provider": None, "thing": None, "quantization": None}
    row = next(iter(views.rows(CHEAPEST, {"model": model})), None) if model else None
    if row is None:
        return None
    return {"usd_mtok": row["blend_3to1_usd"], "provider": row["provider"], "thing": row["thing"], "quantization": row["quantization"]}


def _rate(asked: argparse.Namespace, model: str | None) -> tuple[Rate, dict[str, Any] | None]:
    if asked.tokens_per_second is not None:
        return Rate(*(asked.tokens_per_second,) * 3), None
    row = next(iter(views.rows(MEASURED, {"model": model})), None) if model else None
    if row is None:
        name = (
            f"{model} was not measured here; measure it with `modelmarket probe FILE --keep`" if model else "Give a MODEL that was measured"
        )
        raise Misused(f"{name}, or give your own --tokens-per-second.")
    each = {phase: Rate.of(row[phase], row[f"{phase}_lo"], row[f"{phase}_hi"]) for phase in ("prefill", "decode")}
    kept = {"artifact": row["artifact"], "machine": row["machine"], "made_at": row["made_at"]}
    return rules.blended(each["prefill"], each["decode"]), kept


def _rentals(asked: argparse.Namespace, model: str | None, api: dict[str, Any] | None) -> int:
    if model is None:
        raise Misused("Give a MODEL, or a machine with --gpu-hour or --purchase and its --tokens-per-second.")
    if asked.tokens_per_second is not None:
        raise Misused("--tokens-per-second is of a machine of yours; say what that costs with --gpu-hour or --purchase.")
    rows = views.rows(RENTALS, {"model": model, "share": asked.utilisation})
    if asked.utilisation:
        rows = [_at(row, asked.utilisation) for row in rows]
    if asked.json:
        output.document({"model": model, "api": api, "rentals": rows})
        return 0
    if not rows:
        print(
            f"Nobody is known to rent out the kind of machine on which {model} was measured, if it was; "
            "give yours with --gpu-hour or --purchase, and --tokens-per-second."
        )
        return 0
    full = [row for row in rows if row["utilisation"] == (asked.utilisation or 1)]
    print(output.grid(RENTED, [_rented(row) for row in full]))
    share = f"{float(asked.utilisation):.0%}" if asked.utilisation else "all"
    print(f"\nUSD per million tokens, three read to one written, one answer at a time, working {share} of the time.")
    return 0


def _at(row: dict[str, Any], share: Decimal) -> dict[str, Any]:
    """A row of full use, brought to another utilisation."""
    return row | {"utilisation": share} | {name: row[name] / share for name in ("usd_mtok", "usd_mtok_lo", "usd_mtok_hi")}


def _rented(row: dict[str, Any]) -> list[Any]:
    busy, even = row["break_even_utilisation"], row["break_even_tokens_month"]
    return [
        f"{row['count']} × {row['accelerator']}", row["provider"], row["region"], "spot" if row["spot"] else "", _money(row["usd_hour"]),
        *(_money(row[name]) for name in ("usd_mtok", "usd_mtok_lo", "usd_mtok_hi")),
        None if even is None else f"{int(even):,}", None if busy is None else "never" if busy > 1 else f"{float(busy):.0%}",
    ]  # fmt: skip


def _verdict(even: rules.BreakEven | None, api: dict[str, Any] | None) -> str:
    if api is None:
        return "No paid API offer of the model is known to compare with; --api-price gives one."
    where = f"the API's {_money(api['usd_mtok'])}" + (f" at {api['provider']}" if api["provider"] else "")
    if even is None:
        return f"Nothing beats {where}."
    tokens, busy = f"{int(even.tokens_month):,} tokens a month", float(even.utilisation)
    if even.reached is False:
        return f"Never cheaper than {where}: it would take {tokens}, {busy:.1f} times what it can make."
    sure = "" if even.reached else " (or not at all: the measurement's interval decides nothing)"
    return f"Cheaper than {where} from {tokens} on, {busy:.1%} of what it can make{sure}."


def _money(usd: Decimal) -> str:
    return f"${usd:,.2f}" if usd >= 1 else f"${usd:.4f}"
