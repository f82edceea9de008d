"""Schema `ledger`, continued: the registry of licenses as analysts ask it, and what holds for each model."""

from sqlalchemy import Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from db.columns import AT, SCHEMA, metadata

__all__ = ["metadata"]

license_ = Table(
    "license",
    metadata,
    Column("license_id", Text, primary_key=True, comment="SPDX id, else LicenseRef-…; one per version of a text."),
    Column("name", Text, nullable=False, comment="What its steward calls it."),
    Column("version", Text, nullable=False, comment="Version or date of the text; empty where it has none."),
    Column("steward", Text, nullable=False, comment="Who may change it; empty where nobody may."),
    Column("note", Text, nullable=False, comment="What its reader should know."),
    Column("texts", Integer, nullable=False, comment="Reviewed texts of it that are known by their hashes."),
    Column("terms", JSONB, nullable=False, comment="Term, with value, clause and what it says in our own words."),
    Column("thresholds", JSONB, nullable=False, comment="Sizes from which more is asked."),
    Column("stamp", Text, nullable=False, comment="Hash of the registry it was written from."),
    comment="The registry of licenses, written from its files by an upgrade and by the first run after a change.",
)

model_license = Table(
    "model_license",
    metadata,
    Column("model", Text, nullable=False, comment="Canonical author/slug."),
    Column("repository", Text, nullable=False, comment="Id of the repository that the evidence is about."),
    Column(
        "subject_id", Integer, ForeignKey(f"{SCHEMA}.subject.id", ondelete="CASCADE"), nullable=False, comment="Who says so, and of what."
    ),
    Column("declared", Text, comment="License tag as given; NULL where none is."),
    Column("license_id", Text, comment="License that the tag, or the author of the family, names; NULL where it names none that is known."),
    Column("license_class", Text, nullable=False, comment="Class of what is declared."),
    Column("basis", Text, nullable=False, comment="tag_only, family or nothing."),
    Column("effective_id", Text, comment="License that binds along the descent; NULL where it is not known."),
    Column("effective_class", Text, nullable=False, comment="The most restrictive class of its own and all its ancestors'."),
    Column("commercial_use", Text, nullable=False, comment="yes, limited, no or unknown, along the descent."),
    Column("comes_from", Text, nullable=False, comment="Repository whose license binds."),
    Column("flags", ARRAY(Text), nullable=False, comment="laundering_suspect, base_unknown, naming_duty_unmet, lineage_cycle."),
    Column("seen_at", AT, nullable=False, comment="Since when the evidence stands so."),
    PrimaryKeyConstraint("subject_id"),
    Index(None, "model"),
    comment="What each card's license comes to along the model's descent; made anew by the runs that bring cards.",
)
