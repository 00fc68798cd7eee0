"""What persons and shops ask for, and who was redacted."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0008"
down_revision: Final = "0007"
branch_labels: Final = None
depends_on: Final = None

_UP: Final = (
    """
    CREATE TABLE merchant_keys (
        merchant_id text NOT NULL,
        key bytea NOT NULL,
        CONSTRAINT pk_merchant_keys PRIMARY KEY (merchant_id)
    )
    """,
    """
    COMMENT ON TABLE merchant_keys
    IS 'what makes tombstones; without it they can be traced to nobody'
    """,
    """
    CREATE TABLE redactions (
        merchant_id text NOT NULL,
        tombstone text NOT NULL,
        redacted_at timestamptz NOT NULL,
        CONSTRAINT pk_redactions PRIMARY KEY (merchant_id, tombstone)
    )
    """,
    """
    CREATE TABLE privacy_requests (
        id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
        merchant_id text NOT NULL,
        kind text NOT NULL,
        key text NOT NULL,
        customer_id text,
        received_at timestamptz NOT NULL,
        done_at timestamptz,
        touched jsonb NOT NULL,
        CONSTRAINT pk_privacy_requests PRIMARY KEY (id),
        CONSTRAINT uq_privacy_requests_key UNIQUE (merchant_id, kind, key)
    )
    """,
    "COMMENT ON COLUMN privacy_requests.key IS 'a keyed digest of what was asked for'",
    "COMMENT ON COLUMN privacy_requests.customer_id IS 'none once it is done'",
    "COMMENT ON COLUMN privacy_requests.touched IS 'the receipt: rows of each table'",
    """
    CREATE INDEX idx_privacy_requests_waiting ON privacy_requests (received_at, id)
    WHERE done_at IS NULL
    """,
)

_DOWN: Final = (
    "DROP TABLE privacy_requests",
    "DROP TABLE redactions",
    "DROP TABLE merchant_keys",
)


def upgrade() -> None:
    """Keep what is asked for, and what came of it."""
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop these tables: who was redacted is forgotten, tombstones stay."""
    for statement in _DOWN:
        op.execute(statement)
