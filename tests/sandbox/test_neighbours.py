"""The neighbours answer, listen, and act once on each event."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import attrs
import grpc
import grpc.aio
import httpx
import pytest
from aiokafka import AIOKafkaProducer

from referrals_adapters.grpc.pb.auth.v1.auth_pb2 import (
    ValidateMerchantRequest,
    ValidateMerchantResponse,
)
from referrals_adapters.grpc.pb.core.v1.core_pb2 import (
    GetCustomerRFMRequest,
    GetCustomerRFMResponse,
)
from referrals_adapters.wire.events import event_message
from referrals_domain.model.identifiers import CustomerId, ReferralId
from referrals_domain.testing import builders
from referrals_domain.testing.builders import referral_completed as completed
from referrals_domain.testing.builders import referral_reversed as reversed_
from referrals_sandbox.neighbours.admincore import AdminCore
from referrals_sandbox.neighbours.events import COMPLETED, Event
from referrals_sandbox.neighbours.inbox import Inbox
from referrals_sandbox.neighbours.points import REWARD, Points
from referrals_sandbox.neighbours.rfm_analytics import RfmAnalytics
from referrals_sandbox.neighbours.world import Customer, World, WorldFile
from tests.sandbox.cli import until

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from referrals_domain.model.events import ReferralEvent
    from referrals_sandbox.composition.description import Description

AUTH = ("/auth.v1.AuthService/ValidateMerchant", "/auth.v1/ValidateMerchant")
CORE = ("/core.v1.CoreService/GetCustomerRFM", "/core.v1/GetCustomerRFM")
ADVOCATE = "acme/7001"


def heard(event: ReferralEvent) -> Event:
    message = event_message(event)
    return Event.of_message(dict(message.headers), message.value)


async def send(sandbox: Description, topic: str, *messages: ReferralEvent | Event | bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=sandbox.kafka)
    async with producer:
        for one in messages:
            value, headers = as_message(one)
            await producer.send_and_wait(topic, value, key=b"one referral", headers=headers)


async def send_together(sandbox: Description, *messages: ReferralEvent | bytes) -> None:
    """Send all of it without waiting in between, over all partitions."""
    async with AIOKafkaProducer(bootstrap_servers=sandbox.kafka) as producer:
        sent = []
        for number, one in enumerate(messages):
            value, headers = as_message(one)
            key = b"%d" % number
            sent.append(await producer.send(COMPLETED, value, key=key, headers=headers))
        await asyncio.gather(*sent)


def as_message(one: ReferralEvent | Event | bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    if isinstance(one, bytes):
        return one, []
    if isinstance(one, Event):
        return one.value(), one.headers("/tests")
    message = event_message(one)
    return message.value, list(message.headers)


def shown(url: str, path: str = "") -> Any:
    return httpx.get(f"{url}{path}", trust_env=False).json()


async def ask(
    address: str, path: str, request: Message, answer: type[Message], authorization: str | None
) -> Any:
    """Return the answer, or the code of the error."""
    metadata = (("authorization", authorization),) if authorization is not None else ()
    async with grpc.aio.insecure_channel(address) as channel:
        call: Any = channel.unary_unary(
            path,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer.FromString,
        )
        try:
            return await call(request, metadata=metadata, timeout=5)
        except grpc.aio.AioRpcError as error:
            return error.code()


async def validate(
    sandbox: Description, merchant_id: str, authorization: str | None, path: str = AUTH[0]
) -> Any:
    request = ValidateMerchantRequest(merchant_id=merchant_id)
    return await ask(sandbox.auth, path, request, ValidateMerchantResponse, authorization)


async def rfm(sandbox: Description, customer_id: str, path: str = CORE[0]) -> Any:
    request = GetCustomerRFMRequest(merchant_id=sandbox.merchant_id, customer_id=customer_id)
    authorization = f"Bearer {sandbox.service_token}"
    return await ask(sandbox.core, path, request, GetCustomerRFMResponse, authorization)


@pytest.mark.parametrize("path", AUTH)
async def test_auth_vouches_for_its_merchant_on_both_paths(
    sandbox: Description, path: str
) -> None:
    answer = await validate(sandbox, sandbox.merchant_id, f"Bearer {sandbox.token}", path)
    assert answer == ValidateMerchantResponse(valid=True)


@pytest.mark.parametrize(
    ("merchant_id", "authorization", "answer"),
    [
        ("acme", None, grpc.StatusCode.UNAUTHENTICATED),
        ("acme", "", grpc.StatusCode.UNAUTHENTICATED),
        ("acme", "Bearer nobody's", grpc.StatusCode.UNAUTHENTICATED),
        ("acme", "Basic {token}", grpc.StatusCode.UNAUTHENTICATED),
        ("acme", "{token}", ValidateMerchantResponse(valid=True)),
        ("", "Bearer {token}", grpc.StatusCode.INVALID_ARGUMENT),
        ("other", "Bearer {token}", grpc.StatusCode.PERMISSION_DENIED),
        ("acme", "Bearer {service_token}", ValidateMerchantResponse(valid=True)),
        ("other", "Bearer {service_token}", ValidateMerchantResponse(valid=False)),
    ],
)
async def test_auth_tells_tokens_apart(
    sandbox: Description, merchant_id: str, authorization: str | None, answer: object
) -> None:
    tokens = {"token": sandbox.token, "service_token": sandbox.service_token}
    filled = authorization.format(**tokens) if authorization is not None else None
    assert await validate(sandbox, merchant_id, filled) == answer


@pytest.mark.parametrize("path", CORE)
async def test_core_knows_the_advocate_on_both_paths(sandbox: Description, path: str) -> None:
    answer = await rfm(sandbox, sandbox.customer_id, path)
    assert answer.frequency == 7
    assert answer.HasField("first_order_time")


async def test_core_has_counted_one_order_of_anybody_else(sandbox: Description) -> None:
    assert await rfm(sandbox, "4711") == GetCustomerRFMResponse(frequency=1)


async def test_core_follows_its_file(sandbox: Description) -> None:
    world = WorldFile(Path(sandbox.world))
    first = datetime(2025, 1, 2, tzinfo=UTC)
    told = {"acme/1": Customer(frequency=4, first_order_time=first), "acme/2": None}
    world.change(lambda was: attrs.evolve(was, customers={**was.customers, **told}))

    known = await rfm(sandbox, "1")
    assert known.frequency == 4
    assert known.first_order_time.ToDatetime(UTC) == first
    assert await rfm(sandbox, "2") is grpc.StatusCode.NOT_FOUND
    assert await rfm(sandbox, "") is grpc.StatusCode.INVALID_ARGUMENT


def test_a_stranger_is_not_found_unless_the_world_says_otherwise() -> None:
    assert World().customer("acme", "1") is None


async def test_points_credits_an_event_once_however_often_it_comes(sandbox: Description) -> None:
    event = completed(referral_id=ReferralId(str(uuid4())), customer_id=CustomerId("7100"))
    before = shown(sandbox.points)
    await send(sandbox, event.type, event, event, event)

    until(lambda: shown(sandbox.points)["copies"] == before["copies"] + 2, within=15)
    after = shown(sandbox.points)
    assert after["balances"]["acme/7100"] == REWARD
    assert after["credits"]["acme/7100"] == 1
    (reward,) = shown(sandbox.points, f"/entries?referral_id={event.referral_id}")
    assert reward["event_id"] == event.id

    url = f"/entries?referral_id={event.referral_id}"
    until(lambda: shown(sandbox.rfm_analytics, url), within=15)
    (score,) = shown(sandbox.rfm_analytics, url)
    assert score["event_id"] == reward["reward_id"]
    assert shown(sandbox.rfm_analytics)["scores"]["acme/7100"] == 2
    until(lambda: shown(sandbox.admincore)["copies"] >= before["copies"] + 2, within=15)
    (line,) = shown(sandbox.admincore, url)
    assert "PENDING -> COMPLETED (order_created): merchant acme, advocate 7100" in line["text"]


async def test_a_reversal_takes_the_reward_back(sandbox: Description) -> None:
    who = {"referral_id": ReferralId(str(uuid4())), "customer_id": CustomerId("7200")}
    await send(sandbox, "referral.completed", completed(**who))
    until(lambda: shown(sandbox.points)["balances"].get("acme/7200") == REWARD, within=15)
    await send(sandbox, "referral.reversed", reversed_(**who))

    until(lambda: shown(sandbox.points)["balances"]["acme/7200"] == 0, within=15)
    until(lambda: shown(sandbox.rfm_analytics)["scores"].get("acme/7200") == 1, within=15)


async def test_a_message_that_makes_no_sense_stops_nobody(sandbox: Description) -> None:
    event = completed(referral_id=ReferralId(str(uuid4())), customer_id=CustomerId("7300"))
    poor = Event(
        id=str(uuid4()), type=event.type, time=event.occurred_at, data={"referral_id": "1"}
    )
    before = len(shown(sandbox.points)["unreadable"])
    await send(sandbox, event.type, b"\xff", poor, event)

    until(lambda: "acme/7300" in shown(sandbox.points)["balances"], within=15)
    assert len(shown(sandbox.points)["unreadable"]) == before + 2


async def test_of_what_comes_together_each_event_is_acted_on_and_announced_once(
    sandbox: Description,
) -> None:
    advocate = CustomerId("7400")
    events = [
        completed(referral_id=ReferralId(str(uuid4())), customer_id=advocate) for _ in range(100)
    ]
    before = shown(sandbox.rfm_analytics)
    await send_together(sandbox, *events, b"\xff", *events)

    # Its own entries, not the counts: what another test sent may still be on its way.
    def announced() -> list[str]:
        entries = shown(sandbox.rfm_analytics, "/entries")
        return [one["event_id"] for one in entries if one["customer_id"] == advocate]

    until(lambda: len(announced()) >= len(events), within=15)
    assert len(set(announced())) == len(announced()) == len(events)
    assert shown(sandbox.rfm_analytics)["copies"] == before["copies"]
    points = shown(sandbox.points)
    assert points["credits"]["acme/7400"] == len(events)
    assert points["balances"]["acme/7400"] == len(events) * REWARD


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_latest_event_of_a_referral_counts_whichever_comes_first(
    order: tuple[int, ...],
) -> None:
    events = (completed(), reversed_(), completed(version=4))
    points = Points()
    for place in order:
        points.hear(heard(events[place]))
    assert points.summary()["balances"] == {ADVOCATE: REWARD}


@pytest.mark.parametrize("events", list(permutations([completed(), reversed_()])))
def test_a_reversal_leaves_nothing_even_if_it_comes_first(
    events: tuple[ReferralEvent, ...],
) -> None:
    points = Points()
    announced = [one for event in events for one in points.hear(heard(event))]
    assert not points.summary()["rewarded_referrals"]
    assert sum(one.data["points"] for one in announced) == 0


def test_what_points_announces_has_the_same_id_when_it_is_announced_again() -> None:
    (first,), (again,) = (Points().hear(heard(completed())) for _ in range(2))
    assert first == again
    assert first.id != completed().id


def test_rfm_analytics_scores_by_rewards_and_has_a_highest_score() -> None:
    analytics, points = RfmAnalytics(), Points()
    scores = []
    for number in range(6):
        event = completed(referral_id=ReferralId(str(uuid4())), version=number + 2)
        for announced in points.hear(heard(event)):
            analytics.hear(announced)
        scores.append(analytics.summary()["scores"])
    assert scores == [{ADVOCATE: score} for score in (2, 3, 4, 5, 5, 5)]


def test_admincore_keeps_every_event_of_a_referral() -> None:
    admincore = AdminCore()
    for event in (completed(), reversed_()):
        assert admincore.hear(heard(event)) == ()
    assert len(admincore.entries.of_referral(builders.REFERRAL)) == 2
    assert admincore.entries.of_referral("another") == ()


def test_an_inbox_counts_copies_on_the_broker_but_not_what_is_read_again() -> None:
    inbox = Inbox()
    message = event_message(completed())
    taken = [
        inbox.take(("t", 0, offset), message.headers, message.value) for offset in (0, 1, 0, 1, 2)
    ]
    assert [one is not None for one in taken] == [True, False, False, False, False]
    assert inbox.summary() == {"events": 1, "copies": 2, "unreadable": []}
