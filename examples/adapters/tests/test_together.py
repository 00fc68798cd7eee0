"""Use cases of the domain run on these adapters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from referrals_domain.testing import builders
from referrals_domain.testing.time_and_chance import FixedClock
from referrals_domain.use_cases.publish_events import PublishEvents
from referrals_domain.use_cases.revoke_referral_link import RevokeReferralLink
from sqlite_adapters.publisher import FilePublisher
from sqlite_adapters.store import SqliteStore

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_link_that_one_process_stored_another_revokes(tmp_path: Path) -> None:
    file, link = tmp_path / "referrals.sqlite", builders.link()
    async with SqliteStore(file).begin() as tx:
        await tx.links.add(link)
        await tx.commit()
    clock = FixedClock()
    revoke = RevokeReferralLink(begin=SqliteStore(file).begin, clock=clock)
    assert await revoke(link.key) == link.revoke(clock.now())
    async with SqliteStore(file).begin() as tx:
        assert await tx.links.get([link.key]) == {link.key: link.revoke(clock.now())}


async def test_an_event_that_one_process_committed_another_publishes_once(tmp_path: Path) -> None:
    file = tmp_path / "referrals.sqlite"
    async with SqliteStore(file).begin() as tx:
        await tx.outbox.add([builders.referral_completed()])
        await tx.commit()
    publisher = FilePublisher(tmp_path / "events")
    publish = PublishEvents(begin=SqliteStore(file).begin, publisher=publisher, clock=FixedClock())
    assert [await publish(10), await publish(10)] == [1, 0]
    (line,) = publisher.path.read_text().splitlines()
    *_, topic, referral_id, data = line.split("\t", 3)
    assert (topic, referral_id) == ("referral.completed", builders.REFERRAL)
    assert json.loads(data)["order_total"] == {"amount": "67.10", "currency": "USD"}
