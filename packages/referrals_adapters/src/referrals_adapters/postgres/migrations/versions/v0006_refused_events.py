"""Events that Kafka refuses."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0006"
down_revision: Final = "0005"
branch_labels: Final = None
depends_on: Final = None

_UP: Final = (
    "ALTER TABLE outbox ADD COLUMN refused_at timestamptz, ADD COLUMN reason text",
    "CREATE INDEX idx_outbox_refused ON outbox (aggregateid) WHERE refused_at IS NOT NULL",
)

_DOWN: Final = (
    "DROP INDEX idx_outbox_refused",
    "ALTER TABLE outbox DROP COLUMN refused_at, DROP COLUMN reason",
)


def upgrade() -> None:
    """Have the outbox tell what was refused, and find fast whom that holds back."""
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    """Go back to an outbox whose every event is tried for ever."""
    for statement in _DOWN:
        op.execute(statement)
