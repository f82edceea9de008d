"""license files of repositories, what their texts are, and the text that each model's license rests on."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

REWORDED = (
    (
        "license_id",
        "License that the tag, or the author of the family, names; NULL where it names none that is known.",
        "License of its text, else the one that the tag or the author of the family names; NULL where none is known.",
    ),
    ("license_class", "Class of what is declared.", "Class of that."),
    ("basis", "tag_only, family or nothing.", "text, unreviewed, card, tag_only, family or nothing."),
    (
        "flags",
        "laundering_suspect, base_unknown, naming_duty_unmet, lineage_cycle.",
        "What does not fit; market.model_license names the flags.",
    ),
)
ADDED: dict[str, tuple[sa.types.TypeEngine[Any], str]] = {
    "text_file": (sa.Text(), "Name of the license file it rests on, or that was asked for; NULL without one."),
    "text_revision": (sa.Text(), "Commit of the repository that the file was asked for at."),
    "text_match": (sa.Text(), "identical, embedded, variant, unknown, gated or missing."),
    "text_sha256": (sa.LargeBinary(), "SHA-256 of the file's bytes; NULL where none came."),
    "text_url": (sa.Text(), "Address of the file at that commit."),
}


def upgrade() -> None:
    for column, _, comment in REWORDED:
        op.alter_column("model_license", column, comment=comment, schema="ledger")
    for column, (kind, comment) in ADDED.items():
        op.add_column("model_license", sa.Column(column, kind, nullable=True, comment=comment), schema="ledger")
    op.create_table(
        "license_file",
        sa.Column("source_id", sa.Integer(), nullable=False, comment="Who was asked."),
        sa.Column("repository", sa.Text(), nullable=False, comment="Id of the repository, lower case."),
        sa.Column("file", sa.Text(), nullable=False, comment="Name of the file, at the repository's top; README.md is its card."),
        sa.Column("revision", sa.Text(), nullable=False, comment="Commit of the repository."),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, comment="When the answer was complete."),
        sa.Column("url", sa.Text(), nullable=False, comment="Address of the file at that commit."),
        sa.Column("status", sa.SmallInteger(), nullable=False, comment="HTTP status of the answer."),
        sa.Column("sha256", sa.LargeBinary(), nullable=True, comment="The bytes; NULL for a file that is gated or missing."),
        sa.Column("declared", sa.Text(), nullable=True, comment="License tag of the repository's card at that time; NULL where none was."),
        sa.ForeignKeyConstraint(["sha256"], ["ledger.page.sha256"], name=op.f("license_file_sha256_fkey")),
        sa.ForeignKeyConstraint(["source_id"], ["ledger.source.id"], name=op.f("license_file_source_id_fkey")),
        sa.PrimaryKeyConstraint("repository", "file", "asked_at", name=op.f("license_file_pkey")),
        schema="ledger",
        comment="Every answer to the question for a repository's license file or card.",
    )
    op.create_index(op.f("license_file_sha256_idx"), "license_file", ["sha256"], unique=False, schema="ledger")
    op.create_table(
        "license_reading",
        sa.Column("sha256", sa.LargeBinary(), nullable=False, comment="The file's bytes."),
        sa.Column("stamp", sa.Text(), nullable=False, comment="Hash of the registry it was decided with."),
        sa.Column("match", sa.Text(), nullable=False, comment="identical, embedded, variant or unknown."),
        sa.Column("license_id", sa.Text(), nullable=True, comment="License that the text is; NULL where it is to be reviewed."),
        sa.Column("nearest_id", sa.Text(), nullable=True, comment="License that it is, holds or resembles; NULL where none is like it."),
        sa.Column(
            "flags",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="What words of a text that is to be reviewed, or of a card, hint at.",
        ),
        sa.Column(
            "said",
            sa.Text(),
            nullable=True,
            comment="License that the words of a card name; NULL where they name none, and for a license file.",
        ),
        sa.ForeignKeyConstraint(["sha256"], ["ledger.page.sha256"], name=op.f("license_reading_sha256_fkey")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("license_reading_pkey")),
        schema="ledger",
        comment="What the text of a license file or card is; derived, decided anew when the registry changes.",
    )


def downgrade() -> None:
    op.drop_table("license_reading", schema="ledger")
    op.drop_index(op.f("license_file_sha256_idx"), table_name="license_file", schema="ledger")
    op.drop_table("license_file", schema="ledger")
    for column in reversed(ADDED):
        op.drop_column("model_license", column, schema="ledger")
    for column, comment, _ in REWORDED:
        op.alter_column("model_license", column, comment=comment, schema="ledger")
