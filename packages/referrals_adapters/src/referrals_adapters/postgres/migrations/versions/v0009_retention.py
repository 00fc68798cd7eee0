"""How long things are kept."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0009"
down_revision: Final = "0007"
branch_labels: Final = None
depends_on: Final = None

_UP: Final = (
    "ALTER TABLE programs ADD COLUMN retention interval",
    "ALTER TABLE referred_orders ADD COLUMN heard_of_at timestamptz NOT NULL DEFAULT now()",
    "CREATE INDEX idx_deliveries_done ON deliveries (received_at) WHERE outcome <> 'held'",
    "CREATE INDEX idx_quarantine_received_at ON quarantine (received_at)",
    """
    CREATE INDEX idx_referred_orders_unbound ON referred_orders (heard_of_at)
    WHERE referral_id IS NULL
    """,
    "CREATE INDEX idx_requests_created_at ON requests (created_at)",
    "CREATE INDEX idx_visits_day ON visits (day)",
    """
    CREATE INDEX idx_referrals_at_rest ON referrals (merchant_id, updated_at, id)
    WHERE status IN ('COMPLETED', 'EXPIRED', 'REJECTED', 'REVERSED')
    """,
)

_DOWN: Final = (
    "DROP INDEX idx_referrals_at_rest",
    "DROP INDEX idx_visits_day",
    "DROP INDEX idx_requests_created_at",
    "DROP INDEX idx_referred_orders_unbound",
    "DROP INDEX idx_quarantine_received_at",
    "DROP INDEX idx_deliveries_done",
    "ALTER TABLE referred_orders DROP COLUMN heard_of_at",
    "ALTER TABLE programs DROP COLUMN retention",
)


def upgrade() -> None:
    """Have what was kept for long enough lie in an index, and programs say when that is."""
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    """Go back to keeping everything for ever."""
    for statement in _DOWN:
        op.execute(statement)
