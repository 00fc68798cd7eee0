"""The list of referrals in PostgreSQL."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import attrs
from sqlalchemy import Integer, bindparam, literal_column, select, tuple_

from referrals_adapters.postgres.mapping import to_referral
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import referrals
from referrals_domain.ports.referral_listing import ReferralListing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from sqlalchemy import Select

    from referrals_domain.model.referral import Place, Referral, ReferralStatus
    from referrals_domain.ports.referral_listing import Selection

_COLUMNS = referrals.c
_PLACE = (_COLUMNS.opened_at, _COLUMNS.id)

_NEWEST_FIRST = (
    select(referrals)
    .order_by(*(column.desc() for column in _PLACE))
    .limit(bindparam("limit", type_=Integer))
)
_BEHIND = tuple_(*_PLACE) < tuple_(
    *(bindparam(f"after_{column.name}", type_=column.type) for column in _PLACE)
)


@attrs.frozen
class PostgresReferralListing(ReferralListing):
    """The list of referrals in PostgreSQL: a page is a stretch of an index."""

    statements: Statements

    async def page(
        self, selection: Selection, *, after: Place | None, limit: int
    ) -> Sequence[Referral]:
        """Return the first `limit`, or the first behind a place."""
        wanted = {
            name: str(value)
            for name, value in attrs.asdict(selection, recurse=False).items()
            if value is not None and name != "status"
        }
        behind: dict[str, object] = {}
        if after is not None:
            behind = {"after_opened_at": after.opened_at, "after_id": str(after.id)}
        statement = _page_of(frozenset(wanted), selection.status, is_first=after is None)
        rows = await self.statements.rows(statement, limit=limit, **wanted, **behind)
        return [to_referral(row) for row in rows]


@cache
def _page_of(
    wanted: AbstractSet[str], status: ReferralStatus | None, *, is_first: bool
) -> Select[Any]:
    """
    Return what selects a page by some columns.

    It names the status itself, for the planner to see which partial index fits.
    """
    columns = [_COLUMNS[name] for name in wanted]
    statement = _NEWEST_FIRST.where(
        *(column == bindparam(column.name, type_=column.type) for column in columns)
    )
    if status:
        statement = statement.where(_COLUMNS.status == literal_column(f"'{status.value}'"))
    return statement if is_first else statement.where(_BEHIND)
