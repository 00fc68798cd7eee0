"""Whether there are walls between merchants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from referrals_adapters.postgres.statements import asking
from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from referrals_adapters.postgres.pool import Pool

_SEES_EVERY_MERCHANT: Final = text("""
    SELECT NOT row_security_active(oid) OR EXISTS (
        SELECT FROM pg_roles
        WHERE rolname = 'referrals_services' AND pg_has_role(pg_roles.oid, 'USAGE')
    ) AS sees_every_merchant
    FROM pg_class WHERE oid = to_regclass('referrals')
""")


async def sees_every_merchant(pool: Pool) -> bool:
    """
    Tell whether the pool's user sees the rows of all merchants, whomever it acts for.

    Raises:
        Unavailable: The database does not answer, or has no tables yet.
    """
    async with asking(pool) as statements:
        rows = await statements.rows(_SEES_EVERY_MERCHANT)
    if not rows:
        raise Unavailable("there are no tables yet")
    return bool(rows[0].sees_every_merchant)
