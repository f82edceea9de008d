"""Schema `ledger`, continued: what is made of what was said, and can be made of it again."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, Numeric, PrimaryKeyConstraint, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from db.columns import AT, made, metadata, to

quarantine = Table(
    "quarantine",
    metadata,
    to("price_line", "line_id", "The price line."),
    Column("seen_at", AT, nullable=False, comment="The statement's."),
    to("scope", "scope_id", "The statement's."),
    Column("rule", Text, nullable=False, comment="Name of the rule in market/screening.py."),
    Column("reason", Text, nullable=False, comment="One sentence with the numbers."),
    Column("judged_at", AT, nullable=False, server_default=text("now()"), comment="When it was first held."),
    PrimaryKeyConstraint("line_id", "seen_at", "scope_id"),
    comment="Statements that are kept and not believed; derived, rewritten whenever a thing is judged.",
)


belief = Table(
    "belief",
    metadata,
    made("line_id", "The price line believed."),
    made("scope_id", "Where it was seen."),
    Column("known_from", AT, nullable=False, comment="Begin of what had to be known for it."),
    Column("known_to", AT, nullable=False, comment="End of that, exclusive; the year 9999 where nothing came after."),
    Column("valid_from", AT, nullable=False, comment="Begin of the time it was believed of; the year 1000 where assumed."),
    Column("valid_to", AT, nullable=False, comment="End of that time, exclusive; the year 9999 while it stands."),
    Column(
        "dated",
        Boolean,
        nullable=False,
        comment="Stated dates are involved; else what is true at a time to come is what is true when it is known.",
    ),
    Column("assumed", Boolean, nullable=False, comment="Nobody had said anything of that time; the earliest statement is taken."),
    Column("usd", Numeric, nullable=False, comment="USD per the meter's unit."),
    Column("seen_at", AT, nullable=False, comment="When it was first seen."),
    Column("agreement", Integer, nullable=False, comment="Independent sources with the same value."),
    Column("families", Integer, nullable=False, comment="Independent sources with any value."),
    Column("spread", Numeric, comment="Highest over lowest value; NULL where the lowest is 0."),
    Column("stale", Boolean, nullable=False, comment="Its source had not been seen for longer than its limit."),
    PrimaryKeyConstraint("line_id", "scope_id", "known_from", "valid_from"),
    Index(None, "valid_to"),
    comment="What is and was believed, at every instant of both times; derived, rewritten for the things a run touched.",
)


move = Table(
    "move",
    metadata,
    made("line_id", "The price line that moved, as its teller states it."),
    made("scope_id", "Where it was seen."),
    Column("seen_at", AT, nullable=False, comment="When it was first seen."),
    Column("changed_at", AT, nullable=False, comment="When the new price begins: as stated, else as first seen."),
    Column(
        "kind",
        Text,
        nullable=False,
        comment="first, cut, rise, withdrawn, relisted, alias, currency or correction; the view tells a first price from a tier added.",
    ),
    Column("old_usd", Numeric, comment="USD per the meter's unit before; NULL where there was none."),
    Column("new_usd", Numeric, comment="USD per the meter's unit after; NULL where withdrawn."),
    PrimaryKeyConstraint("line_id", "scope_id", "seen_at"),
    Index(None, "changed_at"),
    comment="The moves of prices, told apart; derived, rewritten for the things a run touched.",
)


effective_price = Table(
    "effective_price",
    metadata,
    Column("thing", Text, nullable=False, comment="What is on sale."),
    Column("profile", Text, nullable=False, comment="The mix of requests, by the name of its file."),
    Column("title", Text, nullable=False, comment="The mix in words."),
    Column("usd", Numeric, comment="USD per million tokens, input and output together; NULL where something it uses has no price."),
    Column("parts", JSONB, nullable=False, comment="The same by meter, as texts; they sum to it."),
    Column("longest_tokens", BigInteger, nullable=False, comment="Input and output tokens of the longest request in the mix."),
    Column("note", Text, comment="What is unusual, or why there is no price."),
    PrimaryKeyConstraint("thing", "profile"),
    comment="What a million tokens of a mix cost; derived, rewritten for the things a run touched.",
)


floor_series = Table(
    "floor_series",
    metadata,
    Column("series", Text, primary_key=True, comment="Name in market/series.toml or in the user's own file."),
    Column("says", Text, nullable=False, comment="What competes, in words."),
    Column("mark", Text, nullable=False, comment="Fingerprint of what else decides who competes; made anew when it changes."),
    Column("told_to", Date, nullable=False, comment="Last UTC day told."),
    comment="Families of price floors.",
)


floor_day = Table(
    "floor_day",
    metadata,
    Column("series", Text, nullable=False, comment="Family or model, and meter."),
    Column("day", Date, nullable=False, comment="First UTC day on whose end it stood so; it holds until the next row."),
    Column("floor_usd", Numeric, comment="Lowest confirmed ask, USD per million tokens; NULL where nothing competes."),
    Column("second_usd", Numeric, comment="Next higher ask."),
    Column("n_within_10pct", Integer, nullable=False, comment="Things that ask at most a tenth more."),
    Column("thing", Text, comment="What sets it."),
    Column("model", Text, comment="Canonical author/slug of that."),
    Column("provider", Text, comment="Who sells it."),
    Column("agreement", Integer, nullable=False, comment="Independent sources that give the amount."),
    Column("held_usd", Numeric, comment="Lowest ask that nobody confirms and that was passed over."),
    Column("reason", Text, nullable=False, comment="Why the floor last moved."),
    PrimaryKeyConstraint("series", "day"),
    comment="Price floors, a row for each day on which anything about one changed; derived, kept up by every run.",
)
