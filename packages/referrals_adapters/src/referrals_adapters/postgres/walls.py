"""Whether there are walls between merchants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from referrals_adapters.postgres.statements import Statements
from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

_SEES_EVERY_MERCHANT: Final = text("""
    SELECT NOT row_security_active(oid) OR EXISTS (
        SELECT FROM pg_roles
        WHERE rolname = 'referrals_services' AND pg_has_role(pg_roles.oid, 'USAGE')
    ) AS sees_every_merchant
    FROM pg_class WHERE oid = to_regclass('referrals')
""")


async def sees_every_merchant(engine: AsyncEngine) -> bool:
    """
    Tell whether the engine's user sees the rows of all merchants, whomever it acts for.

    Raises:
        Unavailable: The database does not answer, or has no tables yet.
    """
    statements = Statements(engine.connect())
    await statements.open()
    try:
        rows = await statements.rows(_SEES_EVERY_MERCHANT)
    finally:
        await statements.end()
    if not rows:
        raise Unavailable("there are no tables yet")
    return bool(rows[0].sees_every_merchant)
