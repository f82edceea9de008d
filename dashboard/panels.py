"""Parts that several pages share: banner, table, evidence, the words for an empty state."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import Any, Literal, NamedTuple

import pandas as pd
import streamlit as st

from dashboard import data, figures
from dashboard.columns import Column

ROW_HEIGHT = 30
COMMAND = re.compile(r"`([^`]*)`")
RULES = {
    "ceiling": "Far too dear",
    "floor": "Far too cheap",
    "disagrees": "Against other sources",
    "jump": "Sudden jump",
    "output_under_input": "Output far under input",
    "elsewhere": "Far from other providers",
    "unit_slip": "A power of ten off",
    "per_character": "Characters for tokens",
    "swapped": "Input and output swapped",
    "cache_over_input": "Cache dearer than input",
    "oversized": "Too dear for its size",
    "currency": "Yuan for dollars",
    "sentinel": "Stand-in number",
    "not_chat": "Not a chat model",
    "negative": "Under zero",
    "rejected": "Rejected by a review",
    "page": "Whole pages",
}
NO_PRICES = "No prices yet. Collect them with `modelmarket collect`, or start everything with `modelmarket up`; then reload this page."


def text(words: str, kind: str = "note") -> None:
    """Draws words as plain text whatever they contain, commands between backticks set apart; `kind` is a class of style.css."""
    marked = COMMAND.sub(r"<code>\1</code>", escape(words))
    st.html(f'<div class="mm-{kind}">{marked}</div>')


def banner() -> None:
    """One line above every page where a source is not fresh, or the database does not answer."""
    answer = data.health()
    if answer.late:
        st.error(f"The database does not answer. Shown is what was read {figures.ago(answer.read_at)}; `modelmarket status` says more.")
    behind = [row for row in answer.rows if row["standing"] in ("stale", "failed")]
    broken = [row for row in answer.rows if row["last_outcome"] in ("failed", "quarantined", "aborted") and row not in behind]
    if not (behind or broken):
        return
    told = [f"{row['source']} {row['standing']}, last read {figures.ago(row['last_success'])}" for row in behind]
    told += [f"{row['source']}: last run {row['last_outcome']}" for row in broken]
    head = f"{len(told)} of {len(answer.rows)} sources need a look ({'; '.join(told)})."
    st.html(f'<div class="mm-banner" role="status">{escape(head)} Their last good prices stay in use; the Data page says why.</div>')


def table(
    rows: Sequence[data.Row],
    columns: Sequence[Column],
    key: str,
    alt: str,
    height: int | Literal["content"] = "content",
    selected: int | None = None,
) -> data.Row | None:
    """Draws rows of which one can be selected, `selected` at first, and returns that one."""
    frame = pd.DataFrame({column.label: [column.cell(row) for row in rows] for column in columns})
    written = {column.label: _writer(column.show) for column in columns if column.show}
    for label in written:
        frame[label] = pd.to_numeric(frame[label])
    settings = {column.label: _setting(column) for column in columns}
    chosen = st.dataframe(
        frame.style.format(written), hide_index=True, column_config=settings, key=key, alt=alt, height=height,
        on_select="rerun", selection_mode="single-row", row_height=ROW_HEIGHT,
        placeholder=figures.UNKNOWN,
        selection_default=None if selected is None else {"selection": {"rows": [selected]}},
    )  # fmt: skip
    picked = [place for place in chosen["selection"]["rows"] if place < len(rows)]
    return rows[picked[0]] if picked else None


def _writer(show: Callable[[Any], str]) -> Callable[[float], str]:
    """Frames hold floats; the shortest decimal that reads as the same float is the number the ledger holds."""
    return lambda value: show(None if pd.isna(value) else Decimal(repr(float(value))))


def _setting(column: Column) -> Any:
    align: Literal["right", "left"] = "right" if column.right or column.show else "left"
    make = st.column_config.Column
    return make(column.label, help=column.help, width=column.width, alignment=align)


class Proof(NamedTuple):
    """One number and where it comes from."""

    what: str
    value: str
    source: str
    seen_at: Any
    address: str | None
    sha256: str | None
    remark: str = ""


def evidence(title: str, proofs: Sequence[Proof]) -> None:
    """Where each number of a row comes from: source, page, when seen, hash of the kept bytes."""
    lines = "".join(_proof(proof) for proof in proofs)
    st.html(
        f'<div class="mm-evidence"><h4><bdi>{escape(title)}</bdi></h4><div class="mm-scroll"><table><thead><tr><th>Price</th><th>Value</th>'
        "<th>Said by</th><th>First seen</th><th>Page</th><th>SHA-256 of the kept page</th><th>Remark</th></tr></thead>"
        f"<tbody>{lines}</tbody></table></div></div>"
    )
    pages = list(dict.fromkeys(proof.sha256 for proof in proofs if proof.sha256))
    if pages:
        text("SHA-256 in full, of the page's bytes as kept in the ledger:")
    for sha256 in pages[:3]:
        st.code(sha256, language=None, wrap_lines=True)


def _proof(proof: Proof) -> str:
    address = figures.link(proof.address)
    page = f'<a href="{escape(address)}" rel="noopener noreferrer nofollow" target="_blank">open</a>' if address else figures.UNKNOWN
    digest = f'<code title="{escape(proof.sha256)}">{escape(proof.sha256[:12])}…</code>' if proof.sha256 else figures.UNKNOWN
    when = f'<span title="{escape(figures.instant(proof.seen_at))}">{escape(figures.ago(proof.seen_at))}</span>'
    cells = (escape(proof.what), f"<b>{escape(proof.value)}</b>", escape(proof.source), when, page, digest, escape(proof.remark))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def figures_row(pairs: Sequence[tuple[str, str, str]]) -> None:
    """Headline numbers: (label, value, what it counts), in one line that wraps on a phone."""
    cells = "".join(
        f'<div class="mm-figure" title="{escape(hint)}"><div class="mm-label">{escape(label)}</div>'
        f'<div class="mm-value">{escape(value)}</div><div class="mm-hint">{escape(hint)}</div></div>'
        for label, value, hint in pairs
    )
    st.html(f'<div class="mm-figures">{cells}</div>')


def rule(row: data.Row) -> str:
    """A rule of quarantine in words."""
    return RULES.get(row["rule"], str(row["rule"]))


def model_key(row: data.Row) -> str:
    """What names a row's model in an address."""
    return str(row["model"] or row.get("source_key") or "")


def open_model(row: data.Row) -> None:
    """A link to the model's own page: its price history and every offer of it."""
    prices = st.session_state["pages"]["prices"]
    st.page_link(prices, label="Price history and all offers of this model", query_params={"model": model_key(row)})


def moment(iso: str | None) -> datetime | None:
    """The instant in a text that came through JSON."""
    return datetime.fromisoformat(iso) if iso else None
