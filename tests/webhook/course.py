"""What happens to referrals while relays and brokers come and go, and what Kafka gets of it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import attrs

from referrals_domain.model.events import ReferralEvent
from referrals_domain.model.identifiers import ReferralId
from referrals_domain.testing import builders
from tests.broker import records
from tests.webhook.stage import Stage
from tests.webhook.test_relay import completed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiokafka import ConsumerRecord


@attrs.define
class Course:
    """Events of many referrals, as they happen while relays come and go."""

    stage: Stage
    happened: list[ReferralEvent] = attrs.field(factory=list)
    _over: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Have more happen within the block."""
        going_on = asyncio.create_task(self._go_on())
        try:
            yield
        finally:
            self._over.set()  # not cancelled: what was committed must be known to have happened
            await going_on

    async def _go_on(self) -> None:
        """Have referrals completed, and each reversed a little later."""
        while not self._over.is_set():
            one = completed(ReferralId(str(uuid4())))
            await self.happens(one)
            await asyncio.sleep(0.02)
            await self.happens(builders.referral_reversed(referral_id=one.referral_id))

    async def happens(self, event: ReferralEvent) -> None:
        async with self.stage.begin() as tx:
            await tx.outbox.add([event])
            await tx.commit()
        self.happened.append(event)

    async def published(self) -> list[tuple[str, ReferralId, int]]:
        """Return id, referral and time of what is on the broker, in the order of time."""
        arrived = [
            place_of(record)
            for topic in ("referral.completed", "referral.reversed")
            for record in await records(self.stage.kafka, topic)
        ]
        ours = {event.referral_id for event in self.happened}
        return sorted((one for one in arrived if one[1] in ours), key=lambda one: one[2])

    @property
    def referrals(self) -> int:
        """How many referrals something happened to."""
        return len({event.referral_id for event in self.happened})

    async def assert_published(self) -> None:
        """All that happened is on the broker, and of each referral the first copies in order."""
        published = await self.published()
        assert {id_ for id_, *_ in published} == {event.id for event in self.happened}
        firsts = {id_: at for id_, _, at in reversed(published)}
        by_referral: dict[ReferralId, list[int]] = {}
        for event in self.happened:
            by_referral.setdefault(event.referral_id, []).append(firsts[event.id])
        assert [times for times in by_referral.values() if times != sorted(times)] == []


def place_of(record: ConsumerRecord) -> tuple[str, ReferralId, int]:
    id_ = dict(record.headers)["ce_id"].decode()
    return id_, ReferralId(record.key.decode()), record.timestamp
