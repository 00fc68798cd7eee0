"""What callers of GetReferralStatus are told while the database is in trouble."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import attrs
import grpc
import pytest

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.postgres.coalesced import CoalescedStatuses
from referrals_domain.model.decision import opened
from referrals_domain.ports.statuses import Statuses
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.referrals import save
from referrals_domain.testing.memory.statuses import InMemoryStatuses
from referrals_domain.testing.memory.store import InMemoryStore
from tests.grpc.service import TOKEN, Service, serving_in_memory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import StatusView
    from tests.neighbours import Neighbour

STATUS: Final = pb.GetReferralStatusRequest(
    merchant_id=builders.MERCHANT, referral_id=builders.REFERRAL
)
ABSENT: Final = pb.GetReferralStatusRequest(
    merchant_id=builders.MERCHANT, referral_id="44444444-4444-4444-8444-444444444444"
)


@attrs.define
class Database(Statuses):
    """A database that has the referral of the builders, and answers when it may."""

    stored: InMemoryStatuses
    may_answer: asyncio.Event = attrs.field(factory=asyncio.Event)
    asked: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def read(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, StatusView | None]:
        self.asked.set()
        await self.may_answer.wait()
        return await self.stored.read(keys)


@pytest.fixture
async def database() -> Database:
    begin = InMemoryStore().begin
    await save(begin, opened(builders.referral()))
    database = Database(InMemoryStatuses(begin))
    database.may_answer.set()
    return database


@pytest.fixture
async def service(auth: Neighbour, database: Database) -> AsyncIterator[Service]:
    statuses = CoalescedStatuses(statuses=database, at_once=1, limit=1, room=1)
    async with serving_in_memory(auth, statuses=statuses) as service:
        yield service


async def test_an_answer_of_the_replica_says_so(service: Service, database: Database) -> None:
    database.stored.primary_is_away = True
    answer = await service.stub.GetReferralStatus(STATUS, metadata=TOKEN, timeout=5)
    assert (answer.status, answer.stale) == (pb.REFERRAL_STATUS_PENDING, True)


async def test_what_the_replica_does_not_have_may_be_asked_for_again(
    service: Service, database: Database
) -> None:
    database.stored.primary_is_away = True
    refusal = await service.refusal("GetReferralStatus", ABSENT)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE")


async def test_who_comes_while_too_many_wait_is_told_so(
    service: Service, database: Database
) -> None:
    database.may_answer.clear()
    first = service.stub.GetReferralStatus(STATUS, metadata=TOKEN, timeout=5)
    await asyncio.wait_for(database.asked.wait(), 5)
    calls = [service.stub.GetReferralStatus(STATUS, metadata=TOKEN, timeout=5) for _ in range(2)]
    codes = [asyncio.ensure_future(call.code()) for call in calls]
    refused, _ = await asyncio.wait(codes, return_when=asyncio.FIRST_COMPLETED)
    assert [code.result() for code in refused] == [grpc.StatusCode.RESOURCE_EXHAUSTED]
    database.may_answer.set()
    served = [await first.code(), *(await asyncio.gather(*codes))]
    assert served.count(grpc.StatusCode.OK) == 2
