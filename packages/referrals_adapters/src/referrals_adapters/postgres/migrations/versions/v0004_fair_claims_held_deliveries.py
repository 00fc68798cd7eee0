"""Fair claims, and deliveries that are held."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"
branch_labels: Final = None
depends_on: Final = None

_UP: Final = (
    "DROP INDEX idx_deliveries_waiting",
    """
    CREATE INDEX idx_deliveries_due ON deliveries (merchant_id, due_at, id)
    WHERE outcome IS NULL
    """,
    """
    CREATE INDEX idx_deliveries_held ON deliveries (received_at, id)
    WHERE outcome = 'held'
    """,
)

_DOWN: Final = (
    # the release before knows no such outcome, and tries for ever
    "UPDATE deliveries SET outcome = NULL WHERE outcome = 'held'",
    "DROP INDEX idx_deliveries_held",
    "DROP INDEX idx_deliveries_due",
    "CREATE INDEX idx_deliveries_waiting ON deliveries (due_at, id) WHERE outcome IS NULL",
)


def upgrade() -> None:
    """Have what is due lie in an index by merchant, and what is held in another."""
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    """Go back to one queue for all merchants."""
    for statement in _DOWN:
        op.execute(statement)
