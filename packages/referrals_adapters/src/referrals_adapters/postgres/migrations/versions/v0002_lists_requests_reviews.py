"""Lists of referrals."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"
branch_labels: Final = None
depends_on: Final = None

_UP: Final = (
    "DROP INDEX idx_referrals_merchant_id",
    "CREATE INDEX idx_referrals_merchant_id ON referrals (merchant_id, opened_at, id)",
    "DROP INDEX idx_referrals_referral_link_id",
    """
    CREATE INDEX idx_referrals_referral_link_id
    ON referrals (referral_link_id, merchant_id, opened_at, id)
    """,
    """
    CREATE INDEX idx_referrals_customer_id
    ON referrals (merchant_id, customer_id, opened_at, id)
    """,
    """
    CREATE INDEX idx_referrals_qualified ON referrals (merchant_id, opened_at, id)
    WHERE status = 'QUALIFIED'
    """,
    """
    CREATE TABLE requests (
        merchant_id text NOT NULL,
        request_id uuid NOT NULL,
        fingerprint bytea NOT NULL,
        resource_id uuid NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_requests PRIMARY KEY (merchant_id, request_id)
    )
    """,
    "ALTER TABLE referred_orders ADD COLUMN explanation jsonb",
    "ALTER TABLE referred_orders ADD COLUMN address text",
    "COMMENT ON COLUMN referred_orders.address IS 'the digest in facts.snapshot'",
    """
    CREATE INDEX idx_referred_orders_address ON referred_orders (merchant_id, address)
    WHERE address IS NOT NULL
    """,
    "ALTER TABLE programs ADD COLUMN review boolean NOT NULL DEFAULT false",
)

_DOWN: Final = (
    "ALTER TABLE programs DROP COLUMN review",
    "ALTER TABLE referred_orders DROP COLUMN address",
    "ALTER TABLE referred_orders DROP COLUMN explanation",
    "DROP TABLE requests",
    "DROP INDEX idx_referrals_qualified",
    "DROP INDEX idx_referrals_customer_id",
    "DROP INDEX idx_referrals_referral_link_id",
    "CREATE INDEX idx_referrals_referral_link_id ON referrals (referral_link_id)",
    "DROP INDEX idx_referrals_merchant_id",
    "CREATE INDEX idx_referrals_merchant_id ON referrals (merchant_id, opened_at)",
)


def upgrade() -> None:
    """Have every list lie in an index as it is read."""
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    """Go back to the first indexes."""
    for statement in _DOWN:
        op.execute(statement)
