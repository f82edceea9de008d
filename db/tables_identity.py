"""Schema `ledger`, continued: who makes models, which models there are, and under which names they are known."""

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text

from db.columns import SCHEMA, metadata

__all__ = ["metadata"]

author = Table(
    "author",
    metadata,
    Column("author", Text, primary_key=True, comment="Who makes models, one spelling for all sources."),
    Column("country", Text, comment="ISO 3166-1 alpha-2 code of its seat, from reviewed facts; NULL where not reviewed."),
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
