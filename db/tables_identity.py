"""Schema `ledger`, continued: who makes models, which there are, under which names they are known, and how they did in tests."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Numeric, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from db.columns import SCHEMA, metadata, to

__all__ = ["metadata"]

author = Table(
    "author",
    metadata,
    Column("author", Text, primary_key=True, comment="Who makes models, one spelling for all sources."),
    Column("country", Text, comment="ISO 3166-1 alpha-2 code of its seat, from reviewed facts; NULL where not reviewed."),
    Column("provider_id", Text, comment="The provider that is the author itself; NULL where it is not known to sell."),
    comment="Who makes the models that names are resolved to; derived, made anew with the names.",
)

model = Table(
    "model",
    metadata,
    Column("model", Text, primary_key=True, comment="Canonical author/slug."),
    Column("author", Text, ForeignKey(f"{SCHEMA}.author.author"), nullable=False, comment="Who makes it."),
    Column("slug", Text, nullable=False, comment="Its name without the author."),
    Column("size", Text, comment="Number of weights as the name says it, such as 70b or 8x7b; NULL where it says none."),
    Column("active", Text, comment="Weights used per token as the name says it, such as a3b; NULL where it says none."),
    Column("version", Text, comment="Version as the name says it; NULL where it says none."),
    Column(
        "variant", Text, comment="instruct, it, chat, base, pt, thinking, reasoning, non-reasoning or preview; NULL where none is named."
    ),
    Column("open_weights", Boolean, comment="False where reviewed facts say that its author has published no weights; NULL elsewhere."),
    Index(None, "author"),
    comment="Every model that a name is resolved to; derived, made anew with the names.",
)

alias = Table(
    "alias",
    metadata,
    Column("provider_id", Text, nullable=False, comment="Who bills under this name; empty for a name that is no provider's."),
    Column("name", Text, nullable=False, comment="The name, as spelled."),
    Column("model", Text, ForeignKey(f"{SCHEMA}.model.model"), comment="Canonical author/slug; NULL while unresolved."),
    Column("basis", Text, nullable=False, comment="stated, reviewed, author, family, maker or unresolved."),
    Column("dated", Text, comment="Edition that the name says, ISO date."),
    Column("quantization", Text, comment="Packing of the weights that the name says, such as fp8."),
    Column("plan", Text, comment="Plan that the name says, such as free."),
    Column("stamp", Text, nullable=False, comment="Hash of the rules and of what sources state, of which it was made."),
    PrimaryKeyConstraint("provider_id", "name"),
    Index(None, "model"),
    comment="Every name, the model it stands for and what that rests on; derived: names that are new by each run, all when rules or"
    " statements change.",
)

score = Table(
    "score",
    metadata,
    to("subject", "subject_id", "The model, as its source names it."),
    Column("benchmark", Text, nullable=False, comment="The test."),
    Column("effort", Text, comment="How hard it was let think, as the source spells it; NULL where that is not said."),
    Column("harness", Text, comment="What ran the test; NULL where the source does not name it."),
    Column("day", Date, nullable=False, comment="UTC day that the source states for it, else the one it was read on."),
    Column("value", Numeric, nullable=False, comment="The result, in the test's own unit."),
    Column("low", Numeric, comment="Lower bound of the interval that the source gives, in the same unit."),
    Column("high", Numeric, comment="Upper bound of that interval."),
    Column("self_reported", Boolean, comment="Said by the model's author; NULL where it is not said who measured."),
    UniqueConstraint("subject_id", "benchmark", "effort", "harness", "day", postgresql_nulls_not_distinct=True),
    comment="Results of tests, first reading of each day.",
)
