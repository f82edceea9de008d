"""Schema `ledger`, continued: the registry of licenses as analysts ask it, and what holds for each model."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, PrimaryKeyConstraint, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from db.columns import AT, SCHEMA, metadata, to

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
    Column(
        "license_id",
        Text,
        comment="License of its text, else the one that the tag or the author of the family names; NULL where none is known.",
    ),
    Column("license_class", Text, nullable=False, comment="Class of that."),
    Column("basis", Text, nullable=False, comment="text, unreviewed, card, tag_only, family or nothing."),
    Column("effective_id", Text, comment="License that binds along the descent; NULL where it is not known."),
    Column("effective_class", Text, nullable=False, comment="The most restrictive class of its own and all its ancestors'."),
    Column("commercial_use", Text, nullable=False, comment="yes, limited, no or unknown, along the descent."),
    Column("comes_from", Text, nullable=False, comment="Repository whose license binds."),
    Column("flags", ARRAY(Text), nullable=False, comment="What does not fit; market.model_license names the flags."),
    Column("seen_at", AT, nullable=False, comment="Since when the evidence stands so."),
    Column("text_file", Text, comment="Name of the license file it rests on, or that was asked for; NULL without one."),
    Column("text_revision", Text, comment="Commit of the repository that the file was asked for at."),
    Column("text_match", Text, comment="identical, embedded, variant, unknown, gated or missing."),
    Column("text_sha256", LargeBinary, comment="SHA-256 of the file's bytes; NULL where none came."),
    Column("text_url", Text, comment="Address of the file at that commit."),
    PrimaryKeyConstraint("subject_id"),
    Index(None, "model"),
    comment="What each card's license comes to along the model's descent; made anew by the runs that bring cards.",
)

license_file = Table(
    "license_file",
    metadata,
    to("source", "source_id", "Who was asked."),
    Column("repository", Text, nullable=False, comment="Id of the repository, lower case."),
    Column("file", Text, nullable=False, comment="Name of the file, at the repository's top; README.md is its card."),
    Column("revision", Text, nullable=False, comment="Commit of the repository."),
    Column("asked_at", AT, nullable=False, comment="When the answer was complete."),
    Column("url", Text, nullable=False, comment="Address of the file at that commit."),
    Column("status", SmallInteger, nullable=False, comment="HTTP status of the answer."),
    Column("sha256", LargeBinary, ForeignKey(f"{SCHEMA}.page.sha256"), comment="The bytes; NULL for a file that is gated or missing."),
    Column("declared", Text, comment="License tag of the repository's card at that time; NULL where none was."),
    PrimaryKeyConstraint("repository", "file", "asked_at"),
    Index(None, "sha256"),
    comment="Every answer to the question for a repository's license file or card.",
)

license_reading = Table(
    "license_reading",
    metadata,
    Column("sha256", LargeBinary, ForeignKey(f"{SCHEMA}.page.sha256"), nullable=False, comment="The file's bytes."),
    Column("stamp", Text, nullable=False, comment="Hash of the registry it was decided with."),
    Column("match", Text, nullable=False, comment="identical, embedded, variant or unknown."),
    Column("license_id", Text, comment="License that the text is; NULL where it is to be reviewed."),
    Column("nearest_id", Text, comment="License that it is, holds or resembles; NULL where none is like it."),
    Column("flags", ARRAY(Text), nullable=False, comment="What words of a text that is to be reviewed, or of a card, hint at."),
    Column("said", Text, comment="License that the words of a card name; NULL where they name none, and for a license file."),
    PrimaryKeyConstraint("sha256"),
    comment="What the text of a license file or card is; derived, decided anew when the registry changes.",
)
