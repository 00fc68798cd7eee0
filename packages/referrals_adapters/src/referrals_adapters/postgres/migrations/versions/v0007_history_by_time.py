"""The history by time."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0007"
down_revision: Final = "0006"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Have the janitor find what changed lately along an index."""
    op.execute("CREATE INDEX idx_referral_history_at ON referral_history (at)")


def downgrade() -> None:
    """Drop this index."""
    op.execute("DROP INDEX idx_referral_history_at")
