"""Schema `ledger`, continued: claims of others, the facts they are held against, and every verdict."""

from sqlalchemy import Boolean, Column, Date, PrimaryKeyConstraint, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from db.columns import AT, metadata, numbered

__all__ = ["metadata"]

claim = Table(
    "claim",
    metadata,
    Column("claim_id", Text, nullable=False, comment="What its file calls it."),
    Column("added_at", AT, nullable=False, server_default=text("now()"), comment="When it was added; the newest of an id counts."),
    Column("statement", Text, nullable=False, comment="What is said, one sentence."),
    Column("author", Text, comment="Who said it; NULL where not given."),
    Column("source", Text, comment="Where it was said; NULL where not given."),
    Column("entry", JSONB, nullable=False, comment="The claim in normalised form, as market/claims.py has it."),
    PrimaryKeyConstraint("claim_id", "added_at"),
    comment="Claims of others, normalised; only inserted.",
)

fact = Table(
    "fact",
    metadata,
    numbered(),
    Column("added_at", AT, nullable=False, server_default=text("now()"), comment="When it was added."),
    Column("subject", Text, nullable=False, comment="What it is about: author/slug, or a name."),
    Column("metric", Text, nullable=False, comment="What is told: released_on, parameters, a meter, a benchmark …"),
    Column("value", Text, nullable=False, comment="Number, day or license id, exact."),
    Column("happened_on", Date, comment="Day on which it was so, UTC; NULL where it has none."),
    Column("says", Text, nullable=False, comment="Who says so."),
    Column("url", Text, nullable=False, comment="Where it can be read."),
    comment="Facts with a citation, added by a person where no source carries them; only inserted.",
)

claim_verdict = Table(
    "claim_verdict",
    metadata,
    Column("claim_id", Text, nullable=False, comment="The claim's."),
    Column("checked_at", AT, nullable=False, comment="When it was checked."),
    Column("verdict", Text, nullable=False, comment="supported, contradicted, mixed, undecidable, open or opinion."),
    Column("was", Text, comment="The verdict before; NULL for the first."),
    Column("inconsistent", Boolean, nullable=False, comment="Whether the claim disagrees with its own numbers."),
    Column("reason", Text, nullable=False, comment="Why, one or two sentences."),
    Column("computed_value", Text, comment="What was found, with its unit; NULL where nothing was."),
    Column("confidence", Text, comment="high, medium or low; NULL where nothing was judged."),
    Column("evidence", JSONB, nullable=False, comment="The rows it rests on."),
    Column("checker_version", Text, nullable=False, comment="Version of the checkers."),
    PrimaryKeyConstraint("claim_id", "checked_at"),
    comment="Every verdict on every claim; only inserted.",
)
