"""Schema `ledger`, continued: what machines with accelerators cost to rent, apart from what models cost."""

from sqlalchemy import Boolean, Column, Index, Integer, Numeric, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from db.columns import AT, metadata, numbered, to

__all__ = ["metadata"]

gpu_rental = Table(
    "gpu_rental",
    metadata,
    numbered(),
    to("source", "source_id", "The source that lists it."),
    Column("provider", Text, nullable=False, comment="Who rents it out, as the source spells it."),
    Column("instance", Text, nullable=False, comment="The provider's own name of the machine."),
    Column("region", Text, nullable=False, comment="Where it stands, as the provider names it."),
    Column("accelerator", Text, nullable=False, comment="Its accelerators, as the source spells them."),
    Column("count", Integer, nullable=False, comment="How many of them it has."),
    Column("memory_gb", Numeric, comment="Memory of one of them, gigabytes; NULL where not said."),
    Column("spot", Boolean, nullable=False, comment="Whether it may be taken back at any time."),
    Column("named", Text, comment="The accelerator in market/accelerators.toml; NULL where that has none of this name and memory."),
    Column("last_seen_at", AT, nullable=False, comment="Newest look that lists it."),
    UniqueConstraint(
        *("source_id", "provider", "instance", "region", "accelerator", "count", "memory_gb", "spot"),
        name="gpu_rental_once",
        postgresql_nulls_not_distinct=True,
    ),
    Index(None, "named"),
    comment="Machines with accelerators that are for rent by the hour.",
)

gpu_rental_price = Table(
    "gpu_rental_price",
    metadata,
    to("gpu_rental", "rental_id", "The machine."),
    Column("seen_at", AT, nullable=False, comment="When this was first seen."),
    to("scope", "scope_id", "Where it was seen."),
    Column("usd_hour", Numeric, comment="USD an hour for the whole machine; NULL where it is no longer listed."),
    PrimaryKeyConstraint("rental_id", "seen_at"),
    comment="Every change of what a machine costs to rent; only inserted.",
)
