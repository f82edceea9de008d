"""derived tables refer to what they are made of without a check for each row."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

REFERENCES = {
    "belief": {"line_id": "price_line", "scope_id": "scope"},
    "listed": {"offer_id": "offer", "scope_id": "scope"},
    "move": {"line_id": "price_line", "scope_id": "scope"},
    "standing": {"line_id": "price_line", "scope_id": "scope"},
    "tariff": {"line_id": "price_line"},
}


def upgrade() -> None:
    for table, columns in REFERENCES.items():
        for column in columns:
            op.drop_constraint(op.f(f"{table}_{column}_fkey"), table, schema="ledger", type_="foreignkey")


def downgrade() -> None:
    for table, columns in REFERENCES.items():
        for column, other in columns.items():
            name = op.f(f"{table}_{column}_fkey")
            op.create_foreign_key(name, table, other, [column], ["id"], source_schema="ledger", referent_schema="ledger")
