"""
Walls between merchants.

Privileges on tables that come later are the webhook service's alone, until a migration grants them
to who acts for merchants.
"""

from __future__ import annotations

from typing import Final

from alembic import op
from sqlalchemy.exc import ProgrammingError

from referrals_adapters.postgres.errors import sqlstate
from referrals_adapters.postgres.migrations.walls import wall
from referrals_domain.errors import Unavailable

revision: Final = "0011"
down_revision: Final = "0010"
branch_labels: Final = None
depends_on: Final = None

_DENIED: Final = "42501"  # insufficient_privilege
_ROLE: Final = """
    DO $$
    DECLARE
        before text := current_setting('lock_timeout');
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'referrals_merchant') THEN
            PERFORM set_config('lock_timeout', '0', true);  -- another data base may be making it
            CREATE ROLE referrals_merchant NOLOGIN;
            PERFORM set_config('lock_timeout', before, true);
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$
"""
_RIGHTS: Final = {
    "programs": "SELECT, INSERT, UPDATE",
    "referral_links": "SELECT, INSERT, UPDATE",
    "referrals": "SELECT, INSERT, UPDATE",
    "referral_history": "SELECT, INSERT",
    "referred_orders": "SELECT, INSERT, UPDATE",
    "requests": "SELECT, INSERT",
    "visits": "SELECT",
    "merchant_keys": "SELECT",
    "redactions": "SELECT",
    "privacy_requests": "SELECT, UPDATE",
    "stale_statuses": "SELECT, INSERT, UPDATE",
    "outbox": "INSERT",
}
"""What calls do; `deliveries` and `quarantine` are none of theirs."""

_WALLED: Final = (*(table for table in _RIGHTS if table != "outbox"), "deliveries")
"""The tables that name a merchant."""


def upgrade() -> None:
    """Build a wall around each table that names a merchant."""
    try:
        op.execute(_ROLE)
    except ProgrammingError as error:
        if sqlstate(error) != _DENIED:
            raise
        raise Unavailable(
            "first make the role referrals_merchant, as postgres/roles.sh does: this user may not"
        ) from None
    for table, rights in _RIGHTS.items():
        op.execute(f"GRANT {rights} ON {table} TO referrals_merchant")
    for table in _WALLED:
        for statement in wall(table):
            op.execute(statement)


def downgrade() -> None:
    """Go back to one group of roles, which sees every row."""
    for table in _WALLED:
        op.execute(f"DROP POLICY acted_for ON {table}")
        op.execute(f"DROP POLICY every_merchant ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for table in _RIGHTS:
        op.execute(f"REVOKE ALL ON {table} FROM referrals_merchant")
