"""What is too large, and what is too much at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest
from google.protobuf.message import Message
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_domain.model.limit import Limit
from referrals_domain.testing.builders import MERCHANT, REFERRAL
from referrals_domain.testing.memory.rate_limits import InMemoryRateLimits
from tests.grpc.service import TOKEN, bare, refusal_of
from tests.tally import tried
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.grpc.service import Service
    from tests.neighbours import Neighbour

PATH = "/referrals.v1/GetReferralStatus"
STATUS = pb.GetReferralStatusRequest(merchant_id=MERCHANT, referral_id=REFERRAL)
SOFT, HARD = 16 * 1024, 64 * 1024
METADATA = 16 * 1024


def request_of(size: int) -> bytes:
    """Return a request of so many bytes that says nothing: zeros in field 15, which is unknown."""
    return b"\x78\x80\x00" * (size % 2) + b"\x78\x00" * ((size - 3 * (size % 2)) // 2)


def call(
    service: Service, message: bytes | Message = STATUS, *, caller: object = "good", **how: Any
) -> Any:
    raw = message.SerializeToString() if isinstance(message, Message) else message
    metadata = (("authorization", f"Bearer {caller}"),)
    return bare(service.channel, PATH)(raw, metadata=metadata, timeout=5, **how)


async def health(service: Service) -> Any:
    answer = await HealthStub(service.channel).Check(HealthCheckRequest(), timeout=5)
    return answer.status


@pytest.mark.parametrize(
    ("size", "says"),
    [(SOFT, "merchant_id is required"), (SOFT + 1, f" is more than {SOFT} bytes")],
)
async def test_a_request_may_have_16_kibibytes(service: Service, size: int, says: str) -> None:
    refusal = await refusal_of(call(service, request_of(size)))
    assert (refusal.code, refusal.message) == (grpc.StatusCode.INVALID_ARGUMENT, says)
    assert len(refusal.fields) == 1
    tried("gRPC")


async def test_the_largest_program_there_can_be_is_far_below(service: Service) -> None:
    program = pb.Program(
        merchant_id="m" * 64,
        shop_domain=f"{'s' * 63}.myshopify.com",
        storefront_url=f"https://{'h' * 253}:65535/{'p' * 2000}",
        code_prefix="P" * 16,
        minimum_order_minor=(1 << 63) - 1,
        velocity_cap=(1 << 31) - 1,
    )
    request = pb.PutProgramRequest(program=program)
    assert request.ByteSize() < SOFT / 6
    await service.stub.PutProgram(request, metadata=TOKEN, timeout=5)


@pytest.mark.parametrize("size", [HARD + 1, 1 << 20])
async def test_what_is_far_larger_is_cut_off_by_grpc(
    service: Service, auth: Neighbour, size: int
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call(service, request_of(size))
    assert failure.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert auth.calls == []
    tried("gRPC")


@pytest.mark.parametrize("size", [SOFT + 1, 10 << 20])
async def test_compression_gets_nothing_past_the_limits(service: Service, size: int) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call(service, request_of(size), compression=grpc.Compression.Gzip)
    assert failure.value.code() in {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    }
    tried("gRPC")


async def test_a_long_token_goes_along_whole(service: Service, auth: Neighbour) -> None:
    token = "t" * (METADATA // 3)
    assert (await refusal_of(call(service, caller=token))).code is grpc.StatusCode.NOT_FOUND
    assert [asked.authorization for asked in auth.calls] == [f"Bearer {token}"]


async def test_up_to_the_limit_no_metadata_is_refused_by_chance(service: Service) -> None:
    much = (("x", "v" * (METADATA - 1_000)),)
    health = HealthStub(service.channel)
    for _ in range(10):
        await health.Check(HealthCheckRequest(), metadata=much, timeout=5)


@pytest.mark.parametrize("length", [METADATA, 100_000])
async def test_too_much_metadata_is_refused(
    service: Service, auth: Neighbour, length: int
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call(service, caller="t" * length)
    assert failure.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert auth.calls == []
    tried("gRPC")


async def test_many_small_entries_are_too_much_as_well(service: Service) -> None:
    many = tuple((f"x-{number}", "v" * 50) for number in range(500))
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await bare(service.channel, PATH)(b"", metadata=(*TOKEN, *many), timeout=5)
    assert failure.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    tried("gRPC")


@pytest.fixture
async def full(service: Service, auth: Neighbour) -> AsyncIterator[list[Any]]:
    """As many calls as may be under way, three, and an Auth that does not answer them."""
    service.container.load().limit = 3
    auth.delay = 60
    calls = [call(service, caller=caller) for caller in range(3)]
    for _ in calls:
        await asyncio.wait_for(auth.arrivals.get(), 5)
    yield calls
    for one in calls:
        one.cancel()


async def test_more_calls_than_the_limit_are_refused_at_once(
    service: Service, full: list[Any]
) -> None:
    refusals = await asyncio.gather(*(refusal_of(call(service, caller="more")) for _ in range(50)))
    assert {(refusal.code, refusal.reason) for refusal in refusals} == {
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "BUSY")
    }
    assert {refusal.retry_after for refusal in refusals} == {1}
    assert not any(one.done() for one in full)


@pytest.mark.usefixtures("full")
async def test_health_is_told_however_much_is_under_way(service: Service) -> None:
    assert [await health(service) for _ in range(5)] == [HealthCheckResponse.SERVING] * 5


async def test_whoever_leaves_makes_room(
    service: Service, full: list[Any], auth: Neighbour
) -> None:
    full[0].cancel()
    auth.delay = 0

    async def passes() -> bool:
        refusal = await refusal_of(call(service, caller="next"))
        return refusal.code is grpc.StatusCode.NOT_FOUND

    await until(passes)
    # Those who were refused in the meantime, and those who passed, hold no place.
    assert [await passes() for _ in range(5)] == [True] * 5


@pytest.fixture
def limits(service: Service) -> InMemoryRateLimits:
    """Limits that are soon reached: what was taken does not come back."""
    limits = service.container.limits()
    assert isinstance(limits, InMemoryRateLimits)
    limits.caller, limits.merchant, limits.elapsed = Limit(2), Limit(4), lambda: 0.0
    return limits


async def codes(service: Service, *callers: str, **how: Any) -> list[grpc.StatusCode]:
    """Return how a call of each ends, one after the other."""
    return [(await refusal_of(call(service, caller=caller, **how))).code for caller in callers]


NOT_FOUND, EXHAUSTED = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.usefixtures("limits")
async def test_a_caller_who_calls_too_often_is_told_when_to_come_again(service: Service) -> None:
    assert await codes(service, *["one"] * 5) == [NOT_FOUND] * 4 + [EXHAUSTED]
    refusal = await refusal_of(call(service, caller="one"))
    assert (refusal.code, refusal.reason) == (EXHAUSTED, "RATE_LIMITED")
    assert refusal.retry_after == 1
    assert await codes(service, "other") == [NOT_FOUND]
    tried("gRPC")


@pytest.mark.usefixtures("limits")
async def test_a_merchant_has_a_limit_whoever_calls(service: Service) -> None:
    eight = [f"{number // 3}" for number in range(8)]
    assert await codes(service, *eight, "new") == [NOT_FOUND] * 8 + [EXHAUSTED]


@pytest.mark.usefixtures("limits")
async def test_both_paths_of_a_method_count_together(service: Service) -> None:
    long = "/referrals.v1.ReferralsService/GetReferralStatus"
    for path in (PATH, long, PATH, long):
        raw = STATUS.SerializeToString()
        again = bare(service.channel, path)(raw, metadata=TOKEN, timeout=5)
        assert (await refusal_of(again)).code is NOT_FOUND
    assert await codes(service, "good") == [EXHAUSTED]


@pytest.mark.usefixtures("limits")
async def test_who_may_not_act_for_a_merchant_uses_up_none_of_its_calls(
    service: Service, auth: Neighbour
) -> None:
    reply, auth.reply = auth.reply, lambda _: grpc.StatusCode.PERMISSION_DENIED
    denied = await codes(service, *(f"intruder {number}" for number in range(20)))
    assert denied == [grpc.StatusCode.PERMISSION_DENIED] * 20
    auth.reply = reply
    assert await codes(service, "good") == [NOT_FOUND]
    tried("gRPC", 20)


@pytest.mark.usefixtures("limits")
async def test_health_has_no_limit(service: Service) -> None:
    assert [await health(service) for _ in range(20)] == [HealthCheckResponse.SERVING] * 20


async def test_of_a_token_only_a_digest_is_kept(
    service: Service, limits: InMemoryRateLimits
) -> None:
    await codes(service, "hunter2")
    assert "hunter2" not in repr(limits)
    assert len(limits._whole_again_at) == 2  # noqa: SLF001 - of the caller, and of the merchant
