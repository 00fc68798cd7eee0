"""Auth, asked over a real socket."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import grpc
import pytest

from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.grpc.asking import OutOfTime
from referrals_adapters.grpc.calls import Pace
from referrals_adapters.grpc.channel import open_channel
from referrals_adapters.grpc.merchant_validator import GrpcMerchantValidator
from referrals_adapters.grpc.pb.auth.v1.auth_pb2 import ValidateMerchantResponse
from referrals_domain.errors import Unauthenticated
from referrals_domain.model.identifiers import MerchantId
from referrals_domain.ports.merchant_validator import Verdict
from referrals_domain.testing.builders import MERCHANT
from tests.logged import written

if TYPE_CHECKING:
    from referrals_adapters.grpc.channel import Channel
    from tests.neighbours import Neighbour, Reply

TOKEN = "Bearer of-the-caller"
VERDICTS = {
    grpc.StatusCode.NOT_FOUND: Verdict.INVALID,
    grpc.StatusCode.PERMISSION_DENIED: Verdict.DENIED,
}
SAY_NOTHING = set(grpc.StatusCode) - {
    grpc.StatusCode.OK,
    grpc.StatusCode.UNAUTHENTICATED,
    *VERDICTS,
}


@pytest.fixture
def validator(auth_channel: Channel) -> GrpcMerchantValidator:
    return GrpcMerchantValidator(TOKEN, channel=auth_channel)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (ValidateMerchantResponse(valid=True), Verdict.VALID),
        (ValidateMerchantResponse(valid=False), Verdict.INVALID),
        *VERDICTS.items(),
    ],
)
async def test_an_explicit_answer_is_a_verdict(
    auth: Neighbour, validator: GrpcMerchantValidator, reply: Reply, verdict: Verdict
) -> None:
    auth.reply = lambda _: reply
    assert await validator.validate([MERCHANT]) == {MERCHANT: verdict}


@pytest.mark.parametrize("status", sorted(SAY_NOTHING, key=str))
async def test_any_other_status_says_nothing_about_the_merchant(
    auth: Neighbour, validator: GrpcMerchantValidator, status: grpc.StatusCode
) -> None:
    auth.reply = lambda _: status
    assert await validator.validate([MERCHANT]) == {}


async def test_an_answer_that_cannot_be_read_says_nothing(
    auth: Neighbour, validator: GrpcMerchantValidator
) -> None:
    auth.reply = lambda _: b"\xff\xff\xff"
    assert await validator.validate([MERCHANT]) == {}


async def test_a_token_that_auth_does_not_accept_is_an_error(
    auth: Neighbour, validator: GrpcMerchantValidator
) -> None:
    auth.reply = lambda _: grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(Unauthenticated):
        await validator.validate([MERCHANT])


async def test_the_token_goes_along_as_it_came(
    auth: Neighbour, validator: GrpcMerchantValidator
) -> None:
    await validator.validate([MERCHANT])
    (call,) = auth.calls
    assert (call.authorization, call.request.merchant_id) == (TOKEN, MERCHANT)


async def test_every_call_has_a_deadline(
    auth: Neighbour, validator: GrpcMerchantValidator
) -> None:
    await validator.validate([MERCHANT, MerchantId("other")])
    assert [0 < call.seconds_left < 2.1 for call in auth.calls] == [True, True]


@pytest.mark.parametrize("service", ["auth.v1.AuthService", "auth.v1"])
async def test_the_service_may_answer_to_another_name(
    auth: Neighbour, auth_channel: Channel, service: str
) -> None:
    validator = GrpcMerchantValidator(TOKEN, channel=auth_channel, service=service)
    assert await validator.validate([MERCHANT]) == {MERCHANT: Verdict.VALID}
    assert auth.calls[0].path == f"/{service}/ValidateMerchant"


async def test_nobody_asked_about_is_no_call(
    auth: Neighbour, validator: GrpcMerchantValidator
) -> None:
    assert await validator.validate([]) == {}
    assert auth.calls == []


async def test_a_slow_answer_is_not_waited_for(auth: Neighbour, auth_channel: Channel) -> None:
    auth.delay = 5
    validator = GrpcMerchantValidator(TOKEN, channel=auth_channel, pace=Pace(timeout=0.1))
    began = time.monotonic()
    assert await validator.validate([MERCHANT]) == {}
    assert 0.1 <= time.monotonic() - began < 1


async def test_a_caller_without_time_learns_nothing_about_the_merchant(
    auth: Neighbour, auth_channel: Channel
) -> None:
    auth.delay = 5
    pace = Pace(timeout=1, patience=0.1)
    with pytest.raises(OutOfTime):
        await GrpcMerchantValidator(TOKEN, channel=auth_channel, pace=pace).validate([MERCHANT])


@pytest.mark.parametrize("reply", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
async def test_an_auth_that_fails_in_time_says_nothing_even_to_a_caller_in_a_hurry(
    auth: Neighbour, auth_channel: Channel, reply: grpc.StatusCode
) -> None:
    auth.reply = lambda _: reply
    pace = Pace(timeout=9, patience=8)
    validator = GrpcMerchantValidator(TOKEN, channel=auth_channel, pace=pace)
    assert await validator.validate([MERCHANT]) == {}


async def test_of_a_set_those_that_are_answered_count(
    auth: Neighbour, validator: GrpcMerchantValidator, caplog: pytest.LogCaptureFixture
) -> None:
    silent = {"b": grpc.StatusCode.UNAVAILABLE, "c": grpc.StatusCode.UNAVAILABLE}
    auth.reply = lambda request: silent.get(
        request.merchant_id, ValidateMerchantResponse(valid=True)
    )
    with caplog.at_level(logging.WARNING):
        assert await validator.validate([*map(MerchantId, "abcd")]) == {
            "a": Verdict.VALID,
            "d": Verdict.VALID,
        }
    path = "/auth.v1.AuthService/ValidateMerchant"
    (line,) = written(caplog.records)
    assert line["event"] == "requests were left unanswered"
    assert (line["method"], line["reason"]) == (path, "2 UNAVAILABLE")


async def test_only_so_many_calls_are_made_at_once(auth: Neighbour, auth_channel: Channel) -> None:
    auth.delay = 0.02
    validator = GrpcMerchantValidator(TOKEN, channel=auth_channel, pace=Pace(at_once=4))
    merchants = [MerchantId(f"m{number}") for number in range(20)]
    assert len(await validator.validate(merchants)) == 20
    assert auth.most_under_way == 4


async def test_the_patience_for_a_whole_set_has_an_end(
    auth: Neighbour, auth_channel: Channel
) -> None:
    auth.delay = 5
    pace = Pace(timeout=0.2, patience=0.3, at_once=1)
    validator = GrpcMerchantValidator(TOKEN, channel=auth_channel, pace=pace)
    began = time.monotonic()
    assert await validator.validate([*map(MerchantId, "abcdefgh")]) == {}
    assert time.monotonic() - began < 0.8
    assert len(auth.calls) == 2


async def test_an_auth_that_is_away_says_nothing_at_once() -> None:
    async with open_channel("127.0.0.1:1") as channel:
        began = time.monotonic()
        assert await GrpcMerchantValidator(TOKEN, channel=channel).validate([MERCHANT]) == {}
        assert time.monotonic() - began < 1


async def test_an_auth_that_comes_back_is_asked_again(
    auth: Neighbour, validator: GrpcMerchantValidator
) -> None:
    await auth.stop()
    assert await validator.validate([MERCHANT]) == {}
    await auth.start()
    await asyncio.sleep(0.3)  # the first pause between two attempts to connect, and some
    assert await validator.validate([MERCHANT]) == {MERCHANT: Verdict.VALID}


def test_the_token_is_never_shown(validator: GrpcMerchantValidator) -> None:
    assert "of-the-caller" not in repr(validator)


ANSWERS = {
    *(grpc.StatusCode.NOT_FOUND, grpc.StatusCode.ALREADY_EXISTS),
    *(grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED),
    *(grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION),
    grpc.StatusCode.OUT_OF_RANGE,
}


@pytest.mark.parametrize(
    "reply",
    [ValidateMerchantResponse(), b"\xff\xff\xff", *sorted({*SAY_NOTHING, *ANSWERS}, key=str)],
    ids=lambda reply: getattr(reply, "name", str(reply)[:4]),
)
async def test_who_fails_opens_the_breaker_and_who_answers_whatever_it_is_does_not(
    auth: Neighbour, auth_channel: Channel, reply: Reply
) -> None:
    auth.reply = lambda _: reply
    breaker = Breaker(failures=1)
    validator = GrpcMerchantValidator(TOKEN, channel=auth_channel, breaker=breaker)
    with suppress(Unauthenticated):
        await validator.validate([MERCHANT])
    answered = isinstance(reply, ValidateMerchantResponse) or reply in ANSWERS
    assert breaker.is_open is not answered


async def test_once_some_in_a_row_fail_the_others_of_the_set_are_not_sent(
    auth: Neighbour, auth_channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    auth.reply = lambda _: grpc.StatusCode.UNAVAILABLE
    breaker = Breaker(failures=3)
    validator = GrpcMerchantValidator(TOKEN, channel=auth_channel, breaker=breaker)
    with caplog.at_level(logging.WARNING):
        assert await validator.validate([MerchantId(f"m{one}") for one in range(200)]) == {}
    assert 3 <= len(auth.calls) <= 3 + Pace().at_once
    (line,) = written(caplog.records)
    sent = len(auth.calls)
    assert line["reason"] == f"{sent} UNAVAILABLE, {200 - sent} not sent"


@pytest.mark.usefixtures("auth")
async def test_what_a_probe_hears_closes_the_breaker_for_all(auth_channel: Channel) -> None:
    breaker = Breaker(failures=1, rest=timedelta(milliseconds=1))
    breaker.failed()
    await asyncio.sleep(0.01)
    validator = GrpcMerchantValidator(TOKEN, channel=auth_channel, breaker=breaker)
    merchants = [MerchantId(f"m{one}") for one in range(20)]
    assert await validator.validate(merchants[:1]) == {merchants[0]: Verdict.VALID}
    assert len(await validator.validate(merchants)) == 20
