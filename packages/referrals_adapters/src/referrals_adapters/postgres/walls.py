"""Whether there are walls between merchants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from referrals_adapters.postgres.statements import Statements

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

_SEES_EVERY_MERCHANT: Final = text("""
    SELECT NOT row_security_active('referrals')
        OR pg_has_role('referrals_services', 'USAGE') AS sees_every_merchant
""")


async def sees_every_merchant(engine: AsyncEngine) -> bool:
    """
    Tell whether the engine's user sees the rows of all merchants, whomever it acts for.

    Raises:
        Unavailable: The database does not answer.
    """
    statements = Statements(engine.connect())
    await statements.begin()
    try:
        (row,) = await statements.rows(_SEES_EVERY_MERCHANT)
    finally:
        await statements.end()
    return bool(row.sees_every_merchant)
