"""A merchant's program, a link and a share of it, in a real database; and what became of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import attrs
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from referrals_adapters.postgres.pool import Pool
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.model.decision import Transition, opened
from referrals_domain.model.identifiers import OrderId, ReferralId, ReferralKey
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.testing import builders
from tests.broker import records

if TYPE_CHECKING:
    from referrals_domain.model.referral import Referral

_TOPIC = "referral.completed"


@attrs.frozen(kw_only=True)
class Stage:
    """
    One share, which no other test knows.

    Args:
        engine: The test's database.
        pool: The adapters' connections to it.
        kafka: The broker, which tests share.
        referral_id: The referral that the share opened.
    """

    engine: AsyncEngine
    pool: Pool
    kafka: str
    referral_id: ReferralId = attrs.field(factory=lambda: ReferralId(str(uuid4())))

    @property
    def key(self) -> ReferralKey:
        return ReferralKey(builders.MERCHANT, self.referral_id)

    def begin(self) -> PostgresTransaction:
        return PostgresTransaction(self.pool)

    async def set(self) -> None:
        async with self.begin() as tx:
            await tx.programs.save(builders.program())
            await tx.links.add(builders.link())
            await tx.commit()
        await self.share()

    async def share(self) -> None:
        async with self.begin() as tx:
            await tx.referrals.save([opened(builders.referral(id=self.referral_id))])
            await tx.commit()

    async def expire(self, at: datetime) -> int:
        """Have the referral expire, and nobody tell the cache; return its new version."""
        before = await self.referral()
        after = attrs.evolve(
            before,
            status=ReferralStatus.EXPIRED,
            cause=Cause.NO_ORDER,
            version=before.version + 1,
            updated_at=at,
        )
        async with self.begin() as tx:
            await tx.referrals.save([Transition(referral=after, from_status=before.status)])
            await tx.commit()
        return after.version

    async def deliver(self, order_id: OrderId = builders.ORDER) -> None:
        """Put the friend's order before the workers, past the door."""
        signals = [builders.signal(share=self.referral_id)]
        facts = builders.facts(order_id=order_id, signals=signals)
        now = datetime.now(UTC)
        async with self.begin() as tx:
            await tx.deliveries.add([builders.accepted_delivery(facts=facts, received_at=now)])
            await tx.commit()

    async def referral(self) -> Referral:
        async with self.begin() as tx:
            return (await tx.referrals.get([self.key]))[self.key]

    async def rows(self, table: str, columns: str = "*") -> list[Any]:
        async with self.engine.connect() as connection:
            return list((await connection.execute(text(f"SELECT {columns} FROM {table}"))).all())  # noqa: S608

    async def published(self) -> list[str]:
        """Return the `ce_id` of every event of the referral on the broker, copies included."""
        return [
            dict(record.headers)["ce_id"].decode()
            for record in await records(self.kafka, _TOPIC)
            if record.key == self.referral_id.encode()
        ]
