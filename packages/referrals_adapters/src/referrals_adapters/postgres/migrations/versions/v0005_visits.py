"""How often links were followed."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0005"
down_revision: Final = "0004"
branch_labels: Final = None
depends_on: Final = None

_UP: Final = """
    CREATE TABLE visits (
        merchant_id text NOT NULL,
        referral_id uuid,
        referral_link_id uuid NOT NULL,
        channel text,
        day date NOT NULL,
        number bigint NOT NULL,
        CONSTRAINT uq_visits UNIQUE NULLS NOT DISTINCT (
            merchant_id, referral_id, referral_link_id, channel, day
        )
    )
"""


def upgrade() -> None:
    """Have a place for the numbers of visits."""
    op.execute(_UP)


def downgrade() -> None:
    """Forget them."""
    op.execute("DROP TABLE visits")
