"""What the tables share: their schema, how constraints are named, and columns that occur everywhere."""

from sqlalchemy import Column, DateTime, ForeignKey, Identity, Integer, MetaData

SCHEMA = "ledger"
NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}
metadata = MetaData(schema=SCHEMA, naming_convention=NAMES)
AT = DateTime(timezone=True)


def numbered(kind: type = Integer) -> Column[int]:
    """A row's own number."""
    return Column("id", kind, Identity(always=True), primary_key=True, comment="Number of the row.")


def to(table: str, column: str, comment: str, *, nullable: bool = False) -> Column[int]:
    """The number of a row of another table."""
    return Column(column, ForeignKey(f"{SCHEMA}.{table}.id"), nullable=nullable, comment=comment)


def made(column: str, comment: str) -> Column[int]:
    """The number of a row of another table, in a table made of rows that refer to it: to check it again would cost a third of a load."""
    return Column(column, Integer, nullable=False, comment=comment)
