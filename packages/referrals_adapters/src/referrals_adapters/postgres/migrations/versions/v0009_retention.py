"""
How long things are kept, and who may do what.

The services belong to a role that every data base of the cluster shares: whoever migrates first
makes it, if nobody has, which takes the right to create roles.
"""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0009"
down_revision: Final = "0008"
branch_labels: Final = None
depends_on: Final = None

_SERVICES: Final = """
    DO $$
    DECLARE
        before text := current_setting('lock_timeout');
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'referrals_services') THEN
            PERFORM set_config('lock_timeout', '0', true);  -- another data base may be making it
            CREATE ROLE referrals_services NOLOGIN;
            PERFORM set_config('lock_timeout', before, true);
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$
"""
_FORGET_HISTORY: Final = """
    CREATE FUNCTION forget_history(merchant_ids text[], referral_ids uuid[]) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = ''
    BEGIN ATOMIC
        WITH forgotten AS (
            DELETE FROM referral_history
            USING unnest(merchant_ids, referral_ids) AS gone (merchant_id, referral_id)
            WHERE referral_history.merchant_id = gone.merchant_id
            AND referral_history.referral_id = gone.referral_id
            AND NOT EXISTS (
                SELECT FROM referrals
                WHERE referrals.merchant_id = gone.merchant_id AND referrals.id = gone.referral_id
            )
            RETURNING referral_history.version
        )
        SELECT count(*) FROM forgotten;
    END
"""

_UP: Final = (
    _SERVICES,
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
    _FORGET_HISTORY,
    "REVOKE ALL ON FUNCTION forget_history FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION forget_history TO referrals_services",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO referrals_services",
    "REVOKE ALL ON alembic_version FROM referrals_services",
    "REVOKE UPDATE, DELETE ON referral_history FROM referrals_services",
    """
    ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO referrals_services
    """,
)

_DOWN: Final = (
    """
    ALTER DEFAULT PRIVILEGES IN SCHEMA public
    REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM referrals_services
    """,
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM referrals_services",
    "DROP FUNCTION forget_history",
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
    """Have what is old lie in an index, and nobody but time take from the history."""
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    """Go back to keeping everything for ever, and to services that own it."""
    for statement in _DOWN:
        op.execute(statement)
