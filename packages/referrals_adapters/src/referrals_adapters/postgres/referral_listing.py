"""The list of referrals in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import Integer, bindparam, select, tuple_

from referrals_adapters.postgres.mapping import to_referral
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import referrals
from referrals_domain.ports.referral_listing import ReferralListing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from referrals_domain.model.referral import Place, Referral
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
_IN_PLAIN_SIGHT = frozenset({"status"})
"""What a statement names itself, for the planner to see which partial index fits."""


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
            if value is not None
        }
        statement = _NEWEST_FIRST.where(*map(_fits, wanted))
        behind: dict[str, object] = {}
        if after is not None:
            statement = statement.where(_BEHIND)
            behind = {"after_opened_at": after.opened_at, "after_id": str(after.id)}
        rows = await self.statements.rows(statement, limit=limit, **wanted, **behind)
        return [to_referral(row) for row in rows]


def _fits(name: str) -> ColumnElement[bool]:
    column = _COLUMNS[name]
    value = bindparam(name, type_=column.type, literal_execute=name in _IN_PLAIN_SIGHT)
    return column == value
