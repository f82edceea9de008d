"""machines for rent, and verdicts on claimed rates."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REWORDED = (
    ("hardware", "As claimed.", "As its driver names it where that is known, else as claimed."),
    ("test", "pp512, tg128, …", "pp512, tg128, …; pp and tg alone for a mean over several lengths."),
)


def upgrade() -> None:
    op.create_table(
        "gpu_rental",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False, comment="Number of the row."),
        sa.Column("source_id", sa.Integer(), nullable=False, comment="The source that lists it."),
        sa.Column("provider", sa.Text(), nullable=False, comment="Who rents it out, as the source spells it."),
        sa.Column("instance", sa.Text(), nullable=False, comment="The provider's own name of the machine."),
        sa.Column("region", sa.Text(), nullable=False, comment="Where it stands, as the provider names it."),
        sa.Column("accelerator", sa.Text(), nullable=False, comment="Its accelerators, as the source spells them."),
        sa.Column("count", sa.Integer(), nullable=False, comment="How many of them it has."),
        sa.Column("memory_gb", sa.Numeric(), nullable=True, comment="Memory of one of them, gigabytes; NULL where not said."),
        sa.Column("spot", sa.Boolean(), nullable=False, comment="Whether it may be taken back at any time."),
        sa.Column(
            "named",
            sa.Text(),
            nullable=True,
            comment="The accelerator in market/accelerators.toml; NULL where that has none of this name and memory.",
        ),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False, comment="Newest look that lists it."),
        sa.ForeignKeyConstraint(["source_id"], ["ledger.source.id"], name=op.f("gpu_rental_source_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("gpu_rental_pkey")),
        sa.UniqueConstraint(
            "source_id",
            "provider",
            "instance",
            "region",
            "accelerator",
            "count",
            "memory_gb",
            "spot",
            name="gpu_rental_once",
            postgresql_nulls_not_distinct=True,
        ),
        schema="ledger",
        comment="Machines with accelerators that are for rent by the hour.",
    )
    op.create_index(op.f("gpu_rental_named_idx"), "gpu_rental", ["named"], unique=False, schema="ledger")
    op.create_table(
        "gpu_rental_price",
        sa.Column("rental_id", sa.Integer(), nullable=False, comment="The machine."),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="When this was first seen."),
        sa.Column("scope_id", sa.Integer(), nullable=False, comment="Where it was seen."),
        sa.Column("usd_hour", sa.Numeric(), nullable=True, comment="USD an hour for the whole machine; NULL where it is no longer listed."),
        sa.ForeignKeyConstraint(["rental_id"], ["ledger.gpu_rental.id"], name=op.f("gpu_rental_price_rental_id_fkey")),
        sa.ForeignKeyConstraint(["scope_id"], ["ledger.scope.id"], name=op.f("gpu_rental_price_scope_id_fkey")),
        sa.PrimaryKeyConstraint("rental_id", "seen_at", name=op.f("gpu_rental_price_pkey")),
        schema="ledger",
        comment="Every change of what a machine costs to rent; only inserted.",
    )
    op.add_column(
        "throughput_claim",
        sa.Column(
            "verdict",
            sa.Text(),
            nullable=True,
            comment="verified, refuted, within_noise, possible, implausible or impossible; NULL where nothing decides.",
        ),
        schema="ledger",
    )
    op.add_column("throughput_claim", sa.Column("reason", sa.Text(), nullable=True, comment="Why, one sentence."), schema="ledger")
    op.add_column(
        "throughput_claim",
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True, comment="When it was last judged."),
        schema="ledger",
    )
    for column, comment in (
        ("token_weights", "Weights multiplied for every decoded token; NULL where measured before this was kept."),
        ("head_weights", "Those of them that only turn states into words; NULL likewise."),
    ):
        op.add_column("artifact", sa.Column(column, sa.BigInteger(), nullable=True, comment=comment), schema="ledger")
    for column, _, comment in REWORDED:
        op.alter_column("throughput_claim", column, comment=comment, schema="ledger")


def downgrade() -> None:
    for column, comment, _ in REWORDED:
        op.alter_column("throughput_claim", column, comment=comment, schema="ledger")
    for column in ("head_weights", "token_weights"):
        op.drop_column("artifact", column, schema="ledger")
    for column in ("checked_at", "reason", "verdict"):
        op.drop_column("throughput_claim", column, schema="ledger")
    op.drop_table("gpu_rental_price", schema="ledger")
    op.drop_index(op.f("gpu_rental_named_idx"), table_name="gpu_rental", schema="ledger")
    op.drop_table("gpu_rental", schema="ledger")
