"""A section of Choose: what we measured on our own machines, and what share of the possible that is."""

from decimal import Decimal
from typing import Any

import streamlit as st

from dashboard import data, figures, panels
from dashboard.columns import Column, word

# One row per file, machine and settings: the usual decoding, the same behind 2,048 tokens, and the usual prompt; else the newest like it.
MEASURED = """
with told as (
    select p.*, case when test like 'pp%%' then 'prefill' when test like '%%@%%' then 'deep' else 'decode' end as phase
    from market.probe as p
),

picked as (
    select distinct on (sha256, machine_id, settings, phase) *
    from told order by sha256, machine_id, settings, phase, test in ('pp512', 'tg128', 'tg128 @ d2048') desc, made_at desc
)

select
    min(model) as model, min(artifact) as artifact, min(quantization) as quantization, min(machine) as machine,
    max(case when phase = 'decode' then tps end) as decode_tps, max(case when phase = 'decode' then tps_lo end) as tps_lo,
    max(case when phase = 'decode' then tps_hi end) as tps_hi, max(case when phase = 'decode' then limit_tps end) as limit_tps,
    max(case when phase = 'decode' then roofline_share end) as decode_share, max(case when phase = 'decode' then test end) as test,
    max(case when phase = 'decode' then claimed_tps end) as claimed_tps, max(case when phase = 'decode' then verdict end) as verdict,
    max(case when phase = 'deep' then tps end) as deep_tps, max(case when phase = 'prefill' then tps end) as prefill_tps,
    max(case when phase = 'prefill' then roofline_share end) as prefill_share, max(ttft_ms) as ttft_ms, max(made_at) as made_at,
    (array_agg(settings))[1] as settings, count(*) over () as total
from picked
group by sha256, machine_id, settings
order by decode_tps desc nulls last, artifact, machine
limit 200
"""


def section() -> None:
    """The measurements, fastest first; how to make one where there is none."""
    st.subheader("How fast does it run here?")
    rows = data.ask_now(MEASURED).rows
    if not rows:
        panels.text(
            "Nothing is measured yet. `modelmarket probe AUTHOR/REPOSITORY --keep` measures an open model on this machine; "
            "`modelmarket probe plan` says which ones fit it.",
            "empty",
        )
        return
    panels.text(lead(rows), "lead")
    panels.table(rows, COLUMNS, "probed", "Open models measured on our own machines", height="content" if len(rows) < 12 else 420)
    panels.text(
        "Tokens a second for one answer at a time, with the 95% interval over sessions. The share is of what the machine can make at most: "
        "its memory's bandwidth over the bytes read for each token. Noisy measurements are left out."
    )


def lead(rows: list[data.Row]) -> str:
    """The fastest of them in a sentence."""
    best = rows[0]
    if best["decode_tps"] is None:
        return f"{len(rows)} measured; none of them decodes."
    name = f"{figures.plain(best['model'] or best['artifact'], 60)} ({best['quantization'] or figures.UNKNOWN})"
    told = f"{f'Fastest of {len(rows)}' if len(rows) > 1 else 'Measured'}: {name} makes {rate(best['decode_tps'])} tokens a second"
    told += f" on {figures.plain(best['machine'], 60)}"
    return f"{told}, {share(best['decode_share'])} of the possible." if best["decode_share"] is not None else f"{told}."


def rate(tps: Any) -> str:
    """`3,412`, `45.2`, `0.61`: tokens a second."""
    if tps is None:
        return figures.UNKNOWN
    return f"{tps:,.0f}" if tps >= 100 else f"{tps:.1f}" if tps >= 10 else f"{tps:.2f}"


def share(part: Any) -> str:
    """`62%`."""
    return figures.UNKNOWN if part is None else f"{part:.0%}"


def _between(row: data.Row) -> str:
    return figures.UNKNOWN if row["tps_lo"] is None else f"{rate(row['tps_lo'])} to {rate(row['tps_hi'])}"


def remark(row: data.Row) -> str:
    """What a claim of the same says, and what must not be overlooked."""
    told = []
    if row["claimed_tps"] is not None:
        standing = {"verified": "holds", "within_noise": "is within noise", "refuted": "is refuted"}.get(row["verdict"], "is not judged")
        told.append(f"a claim of {rate(row['claimed_tps'])} {standing}")
    elif row["verdict"] == "imprecise":
        told.append("wider than ±2%")
    if row["test"] not in ("tg128", None):
        told.append(f"measured by {row['test']}")
    if (row["settings"] or {}).get("n_gpu_layers"):
        told.append("on accelerators")
    return "; ".join(told)


def _number(label: str, field: str, help: str, width: int = 105) -> Column:
    return Column(label, lambda row: row[field], help, rate, width)


def _percent(label: str, field: str, help: str) -> Column:
    return Column(label, lambda row: None if row[field] is None else Decimal(str(row[field])), help, share, 105)


COLUMNS = [
    Column("Model", lambda row: figures.plain(row["model"] or row["artifact"]), "Canonical name, else the file.", None, 210),
    _number("Decode, t/s", "decode_tps", "Tokens a second of an answer (tg128).", 90),
    _percent("Of possible", "decode_share", "Decoding over what the machine's memory allows (the roofline)."),
    Column("95% interval", _between, "Of decoding, drawn over sessions; tokens a second.", None, 110),
    word("Quantization", "quantization", "How most weights are stored.", 92),
    word("Machine", "machine", "Accelerators, else the processor.", 210),
    _number("Deep, t/s", "deep_tps", "Decoding behind 2,048 tokens.", 80),
    _number("Prefill, t/s", "prefill_tps", "Tokens a second of a prompt (pp512).", 90),
    _percent("Of possible, prefill", "prefill_share", "Prefill over what the machine's processor allows (the roofline)."),
    _number("First word, ms", "ttft_ms", "Time to the first word of a short chat."),
    Column("Remark", remark, "Claims of the same, and what is unusual.", None, 200),
    Column("Measured", lambda row: figures.ago(row["made_at"]), None, None, 100),
]
