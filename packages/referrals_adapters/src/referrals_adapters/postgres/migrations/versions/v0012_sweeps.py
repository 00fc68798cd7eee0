"""How far the sweep of each shop has come, and who brought a delivery."""

from __future__ import annotations

from typing import Final

from alembic import op

from referrals_adapters.postgres.migrations.walls import wall

revision: Final = "0012"
down_revision: Final = "0011"
branch_labels: Final = None
depends_on: Final = None

_UP: Final = (
    """
    CREATE TABLE watermarks (
        merchant_id text NOT NULL,
        swept_until timestamptz NOT NULL,
        CONSTRAINT pk_watermarks PRIMARY KEY (merchant_id)
    )
    """,
    *wall("watermarks"),
    "ALTER TABLE deliveries ADD COLUMN source text NOT NULL DEFAULT 'webhook'",
)

_DOWN: Final = (
    "ALTER TABLE deliveries DROP COLUMN source",
    "DROP TABLE watermarks",
)


def upgrade() -> None:
    """Make room for watermarks; what is stored came by webhooks."""
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    """Forget how far sweeps have come: the next ones look 26 hours back."""
    for statement in _DOWN:
        op.execute(statement)
