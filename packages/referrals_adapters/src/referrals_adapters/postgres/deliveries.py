"""The deliveries in PostgreSQL."""

from __future__ import annotations

from hashlib import sha256
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import attrs
from sqlalchemy import bindparam, select, update

from referrals_adapters.postgres.fair_shares import FAIR_SHARES
from referrals_adapters.postgres.sets import given, inserting, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import deliveries
from referrals_adapters.wire.documents import from_document, to_document
from referrals_domain.model.delivery import AcceptedDelivery, ClaimedDelivery, Outcome
from referrals_domain.model.identifiers import MerchantId, OrderId, OrderKey
from referrals_domain.model.order import OrderFacts
from referrals_domain.ports.deliveries import Deliveries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from referrals_adapters.postgres.row import Row

_COLUMNS = deliveries.c
KEY: Final = ("merchant_id", "order_id", "topic", "digest")
"""By which a delivery is told from others."""

_KEY_OF: Final = itemgetter(*KEY)

_ADD = (
    inserting(deliveries, given(*(column for column in _COLUMNS if column.name != "id")))
    .on_conflict_do_nothing(constraint="uq_deliveries_merchant_id")
    .returning(*(_COLUMNS[name] for name in KEY))
)

_ORDERS = given(_COLUMNS.merchant_id, _COLUMNS.order_id)
_FACTS_OF = select(_COLUMNS.merchant_id, _COLUMNS.order_id, _COLUMNS.facts).join(
    _ORDERS, same(deliveries, _ORDERS, "merchant_id", "order_id")
)

_DUE = FAIR_SHARES.cte("due").prefix_with("MATERIALIZED")  # else it could run more than once
_CLAIM = (
    update(deliveries)
    .where(_COLUMNS.id == _DUE.c.id)
    .values(due_at=bindparam("until", type_=_COLUMNS.due_at.type), attempts=_COLUMNS.attempts + 1)
    .returning(
        *(_COLUMNS[name] for name in ("id", "merchant_id", "facts", "received_at", "attempts")),
        _DUE.c.due_at.label("was_due_at"),
    )
)

_FINISHED = given(_COLUMNS.id, _COLUMNS.outcome)
_FINISH = (
    update(deliveries).where(same(deliveries, _FINISHED, "id")).values(outcome=_FINISHED.c.outcome)
)

_DEFERRED = given(_COLUMNS.id, _COLUMNS.due_at)
_DEFER = (
    update(deliveries).where(same(deliveries, _DEFERRED, "id")).values(due_at=_DEFERRED.c.due_at)
)


@attrs.frozen
class PostgresDeliveries(Deliveries):
    """The deliveries in PostgreSQL; the end of a lease is when a delivery is due again."""

    statements: Statements

    async def add(self, deliveries: Sequence[AcceptedDelivery]) -> Sequence[bool]:
        """Insert deliveries, in the order of their keys, that are not there yet."""
        rows = rows_of(deliveries)
        return were_new(rows, await self.statements.rows_for(_ADD, once(rows)))

    async def facts_of(
        self, keys: Collection[OrderKey]
    ) -> Mapping[OrderKey, Sequence[OrderFacts]]:
        """Return what the stored deliveries of these orders say."""
        rows = await self.statements.rows_for(_FACTS_OF, [key._asdict() for key in set(keys)])
        found: dict[OrderKey, list[OrderFacts]] = {}
        for row in rows:
            key = OrderKey(MerchantId(row.merchant_id), OrderId(row.order_id))
            found.setdefault(key, []).append(from_document(OrderFacts, row.facts))
        return found

    async def claim(
        self, limit: int, *, at: datetime, until: datetime
    ) -> Sequence[ClaimedDelivery]:
        """Lease what is due and not being leased by others at this moment."""
        rows = await self.statements.rows(_CLAIM, limit=limit, at=at, until=until)
        return [
            ClaimedDelivery(
                id=row.id,
                merchant_id=MerchantId(row.merchant_id),
                facts=from_document(OrderFacts, row.facts),
                received_at=row.received_at,
                attempts=row.attempts,
            )
            for row in sorted(rows, key=lambda row: (row.was_due_at, row.id))
        ]

    async def finish(self, outcomes: Mapping[int, Outcome]) -> None:
        """Note outcomes; what has one does not wait."""
        rows = [{"id": id_, "outcome": outcome} for id_, outcome in outcomes.items()]
        await self.statements.count_for(_FINISH, rows)

    async def defer(self, until: Mapping[int, datetime]) -> None:
        """Make deliveries due later; what has an outcome stays finished."""
        rows = [{"id": id_, "due_at": due_at} for id_, due_at in until.items()]
        await self.statements.count_for(_DEFER, rows)


def rows_of(deliveries: Iterable[AcceptedDelivery]) -> list[dict[str, object]]:
    """Return the row of each delivery, as it is at first."""
    return [_row(delivery) for delivery in deliveries]


def once(rows: Iterable[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """Return rows once each, in the order of their keys: so nobody waits for each other."""
    by_key = {_KEY_OF(row): row for row in rows}
    return [by_key[key] for key in sorted(by_key)]


def were_new(rows: Iterable[Mapping[str, object]], added: Iterable[Row]) -> list[bool]:
    """Tell of each row whether it was added: of those with the same key the first."""
    new = {tuple(row) for row in added}
    answers = []
    for row in rows:
        key = _KEY_OF(row)
        answers.append(key in new)
        new.discard(key)
    return answers


def digest_of(facts: str) -> bytes:
    """Return what tells a repeated delivery of an order and topic from another."""
    return sha256(facts.encode()).digest()


def _row(delivery: AcceptedDelivery) -> dict[str, object]:
    facts = to_document(delivery.facts)
    return {
        "merchant_id": delivery.merchant_id,
        "order_id": delivery.facts.order_id,
        "topic": delivery.topic,
        "digest": digest_of(facts),
        "facts": facts,
        "received_at": delivery.received_at,
        "due_at": delivery.received_at,
        "attempts": 0,
        "outcome": None,
        "source": delivery.source,
    }
