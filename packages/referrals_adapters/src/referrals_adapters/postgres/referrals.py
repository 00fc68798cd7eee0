"""The referrals in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import Integer, column, func, select
from sqlalchemy.dialects.postgresql import insert

from referrals_adapters.postgres.mapping import to_referral, to_row
from referrals_adapters.postgres.sets import given, inserting, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import referral_history, referrals
from referrals_domain.errors import Stale
from referrals_domain.ports.referrals import Referrals

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from referrals_adapters.postgres.row import Row
    from referrals_domain.model.decision import Transition
    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import Referral

_COLUMNS = referrals.c

_KEYS = given(_COLUMNS.merchant_id, _COLUMNS.id)
_GET = select(referrals).join(_KEYS, same(referrals, _KEYS, "merchant_id", "id"))
_LOCK = _GET.order_by(_COLUMNS.merchant_id, _COLUMNS.id).with_for_update(of=referrals)

_SAVED = given(*_COLUMNS, column("read_version", Integer))
_AS_READ = (
    select(*(_SAVED.c[column.name] for column in _COLUMNS))
    .outerjoin_from(_SAVED, referrals, same(referrals, _SAVED, "merchant_id", "id"))
    .where(func.coalesce(_COLUMNS.version, 0) == _SAVED.c.read_version)
    .order_by(_SAVED.c.place)
)
_INSERT = insert(referrals).from_select([column.name for column in _COLUMNS], _AS_READ)
_SAVE = _INSERT.on_conflict_do_update(
    constraint=referrals.primary_key,
    set_={column.name: _INSERT.excluded[column.name] for column in _COLUMNS},
)

_ADD_HISTORY = inserting(referral_history, given(*referral_history.c))


@attrs.frozen
class PostgresReferrals(Referrals):
    """The referrals in PostgreSQL."""

    statements: Statements

    async def get(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, Referral]:
        """Return the referrals that exist."""
        return _by_key(await self.statements.rows_for(_GET, _rows(keys)))

    async def lock(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, Referral]:
        """Return the referrals that exist, locked in the order of their keys."""
        return _by_key(await self.statements.rows_for(_LOCK, _rows(keys)))

    async def save(self, transitions: Sequence[Transition]) -> None:
        """
        Write the last version of each referral, and a line of history for each transition.

        Who lets a friend go is written before who takes one, because PostgreSQL looks at a
        unique index row by row; all are sorted by friend, because they wait for others there.
        That is why one statement both inserts and updates: the order is that of its rows,
        whatever the plan. What somebody else saves meanwhile has its version in the history.
        """
        read = {one.referral.key: one.referral.version - 1 for one in reversed(transitions)}
        last = sorted(
            {one.referral.key: one.referral for one in transitions}.values(),
            key=lambda one: (
                one.holds_the_friend,
                one.merchant_id,
                one.referred_customer_id or "",
            ),
        )
        rows = [{**to_row(one), "read_version": read[one.key]} for one in last]
        if await self.statements.count_for(_SAVE, rows) != len(rows):
            raise Stale("a referral was saved by somebody else")
        await self.statements.count_for(_ADD_HISTORY, [_line(one) for one in transitions])


def _rows(keys: Collection[ReferralKey]) -> list[dict[str, object]]:
    return [{"merchant_id": key.merchant_id, "id": key.referral_id} for key in set(keys)]


def _by_key(rows: Iterable[Row]) -> dict[ReferralKey, Referral]:
    return {referral.key: referral for referral in map(to_referral, rows)}


def _line(transition: Transition) -> dict[str, object]:
    referral = transition.referral
    return {
        "merchant_id": referral.merchant_id,
        "referral_id": referral.id,
        "version": referral.version,
        "from_status": transition.from_status,
        "status": referral.status,
        "cause": referral.cause,
        "at": referral.updated_at,
    }
