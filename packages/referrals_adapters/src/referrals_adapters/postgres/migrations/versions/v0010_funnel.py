"""Indexes that the funnel is counted from."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0010"
down_revision: Final = "0009"
branch_labels: Final = None
depends_on: Final = None

_UP: Final = (
    "DROP INDEX idx_referrals_merchant_id",
    """
    CREATE INDEX idx_referrals_merchant_id ON referrals (merchant_id, opened_at, id)
    INCLUDE (channel, status)
    """,
    "CREATE INDEX idx_visits_merchant_id ON visits (merchant_id, day) INCLUDE (channel, number)",
)

_DOWN: Final = (
    "DROP INDEX idx_visits_merchant_id",
    "DROP INDEX idx_referrals_merchant_id",
    "CREATE INDEX idx_referrals_merchant_id ON referrals (merchant_id, opened_at, id)",
)


def upgrade() -> None:
    """Have a merchant's days lie in indexes with all that is counted of them."""
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    """Go back to an index of places alone, and to visits by share alone."""
    for statement in _DOWN:
        op.execute(statement)
