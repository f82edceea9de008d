"""Columns of the tables about the past and about whom to believe."""

from decimal import Decimal

from dashboard import figures
from dashboard.columns import MODEL, PROVIDER, Column, number, word

KINDS = {
    "cut": "cut", "rise": "rise", "new": "first price", "withdrawn": "withdrawn", "relisted": "back on sale", "tier_added": "tier added",
    "alias": "name means another model", "currency": "exchange rate only", "correction": "corrected",
}  # fmt: skip
CHANGES = [
    Column(
        "When",
        lambda row: figures.iso(row["changed_at"].date()),
        "When the new price begins, UTC: as stated, else as first seen.",
        None,
        90,
    ),
    PROVIDER._replace(width=190),
    Column("Kind", lambda row: KINDS[row["kind"]], "What kind of change this is.", None, 160),
    Column("Old → new, USD", lambda row: figures.move(row["old_usd"], row["new_usd"]), "USD per the meter's unit.", None, 150, right=True),
    Column("Change", lambda row: figures.change(row["ratio"]) if row["ratio"] is not None else "", "New over old.", None, 75, right=True),
    word("Said by", "source", "The most trusted source that states this price tells its moves.", 120),
    Column("First seen", lambda row: figures.iso(row["seen_at"].date()), "When it was first seen.", None, 90),
]
SPREADS = [
    MODEL._replace(width=280),
    number("Providers", "providers", "Providers with a price above 0, each by its cheapest endpoint.", width=80),
    number("Lowest, USD/Mtok", "lowest_usd", "USD per million tokens.", figures.money, 130),
    word("At", "lowest_provider", width=150),
    number("Middle, USD/Mtok", "median_usd", "Half of the providers ask less.", figures.money, 130),
    number("Highest, USD/Mtok", "highest_usd", "USD per million tokens.", figures.money, 135),
    word("At ", "highest_provider", width=150),
    number("Apart", "ratio", "Highest over lowest.", figures.times, 75),
]
DISAGREEMENTS = [
    number(
        "Money, USD", "money_usd", "By how much a bill for a million tokens, three input to one output, would differ.", figures.money, 90
    ),
    MODEL._replace(width=250),
    word("Provider", "provider", "Who bills.", 125),
    Column("Price of", lambda row: figures.meter(row["meter"], row["condition"]), width=140),
    number("Believed, USD", "believed_usd", "USD per the meter's unit.", figures.money, 100),
    word("Said by", "believed_source", "The source that is believed.", 110),
    number("Otherwise, USD", "other_usd", "The other price, same unit.", figures.money, 105),
    word("Said by ", "other_source", "The source that says so.", 110),
    Column(
        "Apart",
        lambda row: figures.times(row["ratio"]) if row["ratio"] else "",
        "Higher over lower; empty where one is 0.",
        None,
        70,
        right=True,
    ),
    number("Agree", "agreement", "Independent sources that state the believed price.", width=60),
]


def days(value: Decimal | None) -> str:
    """Days with one decimal where they are few; empty where there are none."""
    return "" if value is None else f"{value:,.0f}" if value >= 10 or value == 0 else f"{value:.1f}"


def share(value: Decimal | None) -> str:
    """A share in percent; empty where there is none."""
    return "" if value is None else f"{value * 100:.0f}%"


LAG = [
    word("Source", "source", width=150),
    number("Median, days", "median_lag_days", "Half of the moves it showed came no later after the first source.", days, 100),
    number("Nine of ten, days", "p90_lag_days", "Nine of ten came within so many days.", days, 120),
    number("Never", "never", "Not shown 30 days later, nor ever after, though the source went on stating a price.", width=70),
    number("Moves shown", "moves_seen", "Cuts and rises it showed, of those that at least two sources could.", width=100),
    number("Shown first", "first", "Of these, those no other source showed earlier.", width=90),
]
LATE = [
    Column(
        "Days late",
        lambda row: days(row["lag_days"]) or "never",
        "After the first source; never: not within 30 days, nor after.",
        None,
        80,
        right=True,
    ),
    MODEL._replace(cell=lambda row: figures.plain(row["model"] or row["thing"].split("|")[1]), width=260),
    word("Provider", "provider", "Who bills.", 130),
    Column("Price of", lambda row: figures.meter(row["meter"], row["condition"]), width=130),
    Column("Old → new, USD", lambda row: figures.move(row["old_usd"], row["new_usd"]), "USD per the meter's unit.", None, 150, right=True),
    Column("First shown", lambda row: figures.iso(row["first_at"].date()), "By the first source, UTC.", None, 95),
    Column("Shown here", lambda row: figures.iso(row["shown_at"].date()) if row["shown_at"] else "never", "By this source, UTC.", None, 95),
]
COPIES = [
    word("Source", "source", width=140),
    word("Beside", "other", width=140),
    Column(
        "Known copy", lambda row: "yes" if row["known_copy"] else "", "Kept as a fact: the two count as one where they agree.", None, 95
    ),
    number("Prices both state", "prices", "Above 0, now.", width=120),
    number("Equal", "equal_share", "Share of them that are equal.", share, 75),
    number("Moves", "moves", "Moves of the source while the other stated that price too.", width=75),
    number("Together", "together_share", "Share of them that the other made within a day, to the same amount.", share, 85),
]
