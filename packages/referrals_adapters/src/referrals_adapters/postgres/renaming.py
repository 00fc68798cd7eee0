"""A tombstone in a customer's place in what waits, or waited, to be passed on."""

from __future__ import annotations

from typing import Final

import attrs
from sqlalchemy import Text, bindparam, delete, select, text, update

from referrals_adapters.postgres.deliveries import digest_of
from referrals_adapters.postgres.sets import given, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import deliveries, outbox
from referrals_adapters.wire.documents import from_document, to_document
from referrals_adapters.wire.events import renamed
from referrals_domain.model.identifiers import CustomerId, CustomerKey
from referrals_domain.model.order import OrderFacts

_DELIVERIES: Final = deliveries.c
_LOCK_DELIVERIES: Final = (
    select(
        *(_DELIVERIES[name] for name in ("id", "order_id", "topic", "facts", "outcome")),
    )
    .where(_DELIVERIES.merchant_id == bindparam("of_merchant", type_=Text))
    .where(text("facts -> 'buyer' ->> 'customer_id' = :customer"))
    .order_by(_DELIVERIES.id)
    .with_for_update()
)
_TWICE: Final = given(_DELIVERIES.id)
_DROP: Final = delete(deliveries).where(same(deliveries, _TWICE, "id"))
_RENAMED: Final = given(_DELIVERIES.id, _DELIVERIES.facts, _DELIVERIES.digest)
_RENAME: Final = (
    update(deliveries)
    .where(same(deliveries, _RENAMED, "id"))
    .values(facts=_RENAMED.c.facts, digest=_RENAMED.c.digest)
)

_LOCK_EVENTS: Final = (
    select(outbox.c.seq, outbox.c.payload)
    .where(
        text("""
            convert_from(payload, 'UTF8')::jsonb ->> 'merchant_id' = :of_merchant
            AND :customer IN (
                convert_from(payload, 'UTF8')::jsonb ->> 'customer_id',
                convert_from(payload, 'UTF8')::jsonb ->> 'referred_customer_id'
            )
        """)
    )
    .order_by(outbox.c.seq)
    .with_for_update()
)
_EVENTS: Final = given(outbox.c.seq, outbox.c.payload)
_RENAME_EVENTS: Final = (
    update(outbox).where(same(outbox, _EVENTS, "seq")).values(payload=_EVENTS.c.payload)
)


@attrs.frozen
class Renaming:
    """
    A tombstone in a customer's place.

    Args:
        statements: The transaction's.
        customer: The customer.
        tombstone: What stands for them.
    """

    statements: Statements
    customer: CustomerKey
    tombstone: CustomerId

    async def deliveries(self) -> int:
        """
        Rename the friend of deliveries, done or not; return how many they were.

        Two that differed in the address alone are one now: that which waits stays.
        """
        found = await self.statements.rows(_LOCK_DELIVERIES, **self._whose)
        names = {self.customer.customer_id: self.tombstone}
        kept: dict[tuple[str, str, bytes], dict[str, object]] = {}
        twice: list[dict[str, object]] = []
        for row in sorted(found, key=lambda row: row.outcome is not None):
            facts = to_document(from_document(OrderFacts, row.facts).renamed(names))
            digest = digest_of(facts)
            renamed_row = {"id": row.id, "facts": facts, "digest": digest}
            if kept.setdefault((row.order_id, row.topic, digest), renamed_row) is not renamed_row:
                twice.append({"id": row.id})
        await self.statements.count_for(_DROP, twice)
        await self.statements.count_for(_RENAME, list(kept.values()))
        return len(found)

    async def outbox(self) -> int:
        """Rename both roles in events that the broker does not have; return how many they were."""
        rows = [
            {
                "seq": row.seq,
                "payload": renamed(row.payload, self.customer.customer_id, self.tombstone),
            }
            for row in await self.statements.rows(_LOCK_EVENTS, **self._whose)
        ]
        await self.statements.count_for(_RENAME_EVENTS, rows)
        return len(rows)

    @property
    def _whose(self) -> dict[str, str]:
        merchant_id, customer_id = self.customer
        return {"of_merchant": str(merchant_id), "customer": str(customer_id)}
