"""Referrals that time alone moves on."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"
branch_labels: Final = None
depends_on: Final = None

_UP: Final = (
    """
    CREATE INDEX idx_referrals_due ON referrals (due_at, merchant_id, id)
    WHERE due_at IS NOT NULL
    """,
    """
    CREATE INDEX idx_referrals_pending ON referrals (merchant_id, opened_at, id)
    WHERE status = 'PENDING'
    """,
)

_DOWN: Final = (
    "DROP INDEX idx_referrals_pending",
    "DROP INDEX idx_referrals_due",
)


def upgrade() -> None:
    """Have the janitor find what is due along an index."""
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop these indexes."""
    for statement in _DOWN:
        op.execute(statement)
