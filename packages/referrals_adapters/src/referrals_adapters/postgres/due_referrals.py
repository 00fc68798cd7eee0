"""The due referrals in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
from sqlalchemy import Integer, bindparam, select, true, tuple_

from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import IS_PENDING, programs, referrals
from referrals_domain.model.identifiers import MerchantId, ReferralId, ReferralKey
from referrals_domain.ports.due_referrals import Due, DueReferrals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Executable

_COLUMNS = referrals.c
_AT: Final = bindparam("at", type_=_COLUMNS.due_at.type)
_LIMIT: Final = bindparam("limit", type_=Integer)
_BEHIND: Final = {
    name: bindparam(f"behind_{name}", type_=column.type)
    for name, column in (
        ("merchant_id", _COLUMNS.merchant_id),
        ("id", _COLUMNS.id),
        ("time", _COLUMNS.opened_at),
    )
}


def _behind(**columns: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that a row stands behind a place in the order of some columns."""
    return tuple_(*columns.values()) > tuple_(*(_BEHIND[name] for name in columns))


_HELD: Final = (
    select(_COLUMNS.merchant_id, _COLUMNS.id, _COLUMNS.due_at.label("time"))
    .where(_COLUMNS.due_at <= _AT)
    .order_by(_COLUMNS.due_at, _COLUMNS.merchant_id, _COLUMNS.id)
    .limit(_LIMIT)
)
_HELD_BEHIND: Final = _HELD.where(
    _behind(time=_COLUMNS.due_at, merchant_id=_COLUMNS.merchant_id, id=_COLUMNS.id)
)


def _pending(*conditions: ColumnElement[bool]) -> Executable:
    """
    Return the PENDING referrals whose window has ended.

    Each program has a window of its own: so each is looked through by itself, along an index.
    """
    of_program = (
        select(_COLUMNS.merchant_id, _COLUMNS.id, _COLUMNS.opened_at.label("time"))
        .where(_COLUMNS.merchant_id == programs.c.merchant_id, IS_PENDING, *conditions)
        .where(_COLUMNS.opened_at <= _AT - programs.c.window)
        .order_by(_COLUMNS.opened_at, _COLUMNS.id)
        .limit(_LIMIT)
        .lateral("of_program")
    )
    found = of_program.c
    return (
        select(found.merchant_id, found.id, found.time)
        .select_from(programs.join(of_program, true()))
        .order_by(found.merchant_id, found.time, found.id)
        .limit(_LIMIT)
    )


_PENDING: Final = _pending()
_PENDING_BEHIND: Final = _pending(
    programs.c.merchant_id >= _BEHIND["merchant_id"],
    _behind(merchant_id=_COLUMNS.merchant_id, time=_COLUMNS.opened_at, id=_COLUMNS.id),
)


@attrs.frozen
class PostgresDueReferrals(DueReferrals):
    """The due referrals in PostgreSQL: a page is a stretch of an index."""

    statements: Statements

    async def after_hold(self, limit: int, *, at: datetime, behind: Due | None) -> Sequence[Due]:
        """Return those whose hold is over, by the time at which it ended."""
        return await self._page(_HELD_BEHIND if behind else _HELD, limit, at, behind)

    async def after_window(self, limit: int, *, at: datetime, behind: Due | None) -> Sequence[Due]:
        """Return the PENDING ones whose window has ended, merchant by merchant."""
        return await self._page(_PENDING_BEHIND if behind else _PENDING, limit, at, behind)

    async def _page(
        self, statement: Executable, limit: int, at: datetime, behind: Due | None
    ) -> Sequence[Due]:
        place: dict[str, object] = {}
        if behind:
            place = {
                "behind_merchant_id": str(behind.key.merchant_id),
                "behind_id": str(behind.key.referral_id),
                "behind_time": behind.time,
            }
        rows = await self.statements.rows(statement, limit=limit, at=at, **place)
        return [
            Due(ReferralKey(MerchantId(row.merchant_id), ReferralId(row.id)), row.time)
            for row in rows
        ]
