"""Who may call, and what they learn when something goes wrong."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Never

import attrs
import grpc
import grpc.aio
import pytest
from dependency_injector import providers
from google.protobuf.empty_pb2 import Empty
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from referrals_adapters.flow.batcher import Busy
from referrals_adapters.grpc.channel import open_channel
from referrals_adapters.grpc.pb.auth.v1.auth_pb2 import ValidateMerchantResponse
from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.pb.referrals.v1.referrals_pb2_grpc import ReferralsServiceStub
from referrals_domain.errors import Stale, Unavailable
from referrals_domain.model.identifiers import ReferralKey
from referrals_domain.testing import builders
from referrals_domain.testing.builders import MERCHANT, REFERRAL
from tests.grpc.service import BY_EITHER_SERVER, TOKEN, bare, refusal_of
from tests.logged import written
from tests.tally import tried

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.grpc.channel import Channel
    from tests.grpc.service import Service
    from tests.neighbours import Neighbour, Reply

pytestmark = BY_EITHER_SERVER

SHORT = "/referrals.v1/GetReferralStatus"
LONG = "/referrals.v1.ReferralsService/GetReferralStatus"
PATHS = [SHORT, "/referrals.v1/GetFunnel"] + [
    f"/referrals.v1.ReferralsService/{method.name}"
    for method in pb.DESCRIPTOR.services_by_name["ReferralsService"].methods
]
STATUS = pb.GetReferralStatusRequest(merchant_id=MERCHANT, referral_id=REFERRAL)


def request_for(path: str) -> Any:
    """Return a request of the right kind with a merchant and nothing else."""
    kind = getattr(pb, f"{path.rpartition('/')[2]}Request")
    if kind is pb.PutProgramRequest:
        return kind(program=pb.Program(merchant_id=MERCHANT))
    return kind(merchant_id=MERCHANT)


def raw_call(service: Service, path: str, message: bytes, metadata: Any = TOKEN) -> Any:
    return bare(service.channel, path)(message, metadata=metadata, timeout=5)


@pytest.fixture
def referral(service: Service) -> None:
    service.store.state.referrals[ReferralKey(MERCHANT, REFERRAL)] = builders.referral()


@pytest.mark.usefixtures("referral")
async def test_both_paths_give_the_same_answer(service: Service) -> None:
    short, long = [
        await raw_call(service, path, STATUS.SerializeToString()) for path in (SHORT, LONG)
    ]
    assert short == long
    answer = pb.GetReferralStatusResponse.FromString(short)
    assert answer.status == pb.REFERRAL_STATUS_PENDING


@pytest.mark.usefixtures("referral")
async def test_both_paths_give_the_same_funnel(service: Service) -> None:
    request = pb.GetFunnelRequest(merchant_id=MERCHANT).SerializeToString()
    short, long = [
        await raw_call(service, path, request)
        for path in ("/referrals.v1/GetFunnel", "/referrals.v1.ReferralsService/GetFunnel")
    ]
    assert short == long
    (channel,) = pb.GetFunnelResponse.FromString(short).channels
    assert channel.total.shares == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "metadata",
    [
        (),
        (("authorization", ""),),
        (("x-authorization", "Bearer good"),),
        (("authorization", "Bearer good"), ("authorization", "Bearer other")),
    ],
    ids=["none", "empty", "another key", "two"],
)
async def test_no_call_passes_without_one_token(
    service: Service, auth: Neighbour, path: str, metadata: Any
) -> None:
    message = request_for(path).SerializeToString()
    refusal = await refusal_of(raw_call(service, path, message, metadata))
    assert refusal.code is grpc.StatusCode.UNAUTHENTICATED
    assert refusal.reason == "UNAUTHENTICATED"
    assert auth.calls == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (ValidateMerchantResponse(valid=False), grpc.StatusCode.PERMISSION_DENIED),
        (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED),
        (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.PERMISSION_DENIED),
        (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.UNAUTHENTICATED),
        (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAVAILABLE),
    ],
    ids=str,
)
async def test_no_call_passes_unless_auth_says_so(
    service: Service, auth: Neighbour, path: str, reply: Reply, code: grpc.StatusCode
) -> None:
    auth.reply = lambda _: reply
    message = request_for(path).SerializeToString()
    refusal = await refusal_of(raw_call(service, path, message))
    assert (refusal.code, refusal.reason) == (code, code.name)
    (asked,) = auth.calls
    assert (asked.request.merchant_id, asked.authorization) == (MERCHANT, "Bearer good")


@pytest.mark.usefixtures("referral")
async def test_auth_is_asked_once_for_many_calls(service: Service, auth: Neighbour) -> None:
    for _ in range(3):
        await service.stub.GetReferralStatus(STATUS, metadata=TOKEN)
    assert len(auth.calls) == 1


@attrs.frozen
class Anything:
    """A service that somebody added, whose calls do anything; it tells which of them passed."""

    passed: list[str] = attrs.field(factory=list)

    async def unary(self, _: object, __: object) -> Empty:
        self.passed.append("unary")
        return Empty()

    async def stream(self, _: object, __: object) -> AsyncIterator[Empty]:
        self.passed.append("stream")
        yield Empty()

    def handlers(self) -> grpc.GenericRpcHandler:
        messages: Any = {
            "request_deserializer": Empty.FromString,
            "response_serializer": Empty.SerializeToString,
        }
        behaviours: Any = (
            ("unary_unary", self.unary),
            ("stream_unary", self.unary),
            ("unary_stream", self.stream),
            ("stream_stream", self.stream),
        )
        return grpc.method_handlers_generic_handler(
            "any.v1.Service",
            {
                kind: getattr(grpc, f"{kind}_rpc_method_handler")(behave, **messages)
                for kind, behave in behaviours
            },
        )


@pytest.fixture
async def anything(service: Service) -> AsyncIterator[tuple[Anything, Channel]]:
    """Such a service behind our interceptors."""
    anything = Anything()
    server = grpc.aio.server(interceptors=service.container.interceptors())
    server.add_generic_rpc_handlers([anything.handlers()])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with open_channel(f"127.0.0.1:{port}") as channel:
            yield anything, channel
    finally:
        await server.stop(None)


async def test_a_call_whose_request_has_no_merchant_cannot_pass(
    anything: tuple[Anything, Channel],
) -> None:
    """Default-deny: whoever adds such a method learns it here."""
    added, channel = anything
    call = bare(channel, "/any.v1.Service/unary_unary")(b"", metadata=TOKEN, timeout=5)
    assert (await refusal_of(call)).code is grpc.StatusCode.PERMISSION_DENIED
    assert added.passed == []


@pytest.mark.parametrize("kind", ["stream_unary", "unary_stream", "stream_stream"])
async def test_no_stream_can_pass(anything: tuple[Anything, Channel], kind: str) -> None:
    added, channel = anything
    given: Any = [] if kind.startswith("stream") else b""
    call: Any = getattr(channel, kind)(f"/any.v1.Service/{kind}")(given, metadata=TOKEN, timeout=5)
    assert await call.code() is grpc.StatusCode.UNIMPLEMENTED
    assert added.passed == []


@pytest.mark.parametrize(
    "path",
    [
        "/referrals.v1/GetProgram",
        "/referrals.v1.ReferralsService/Nothing",
        "/any.v1.Service/GetProgram",
        "/grpc.health.v1.Health/GetProgram",
        "/grpc.health.v1.Health/../referrals.v1.ReferralsService/GetProgram",
        "/grpc.reflection.v1alpha.ServerReflection/GetProgram",
        "//referrals.v1.ReferralsService/GetProgram",
        "/",
    ],
)
async def test_what_is_not_there_is_unimplemented(
    service: Service, auth: Neighbour, path: str
) -> None:
    message = pb.GetProgramRequest(merchant_id=MERCHANT).SerializeToString()
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await raw_call(service, path, message)
    assert failure.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert auth.calls == []
    tried("gRPC")


@pytest.mark.parametrize("path", PATHS)
async def test_bytes_that_are_no_request_are_the_callers_mistake(
    service: Service, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = await refusal_of(raw_call(service, path, b"\x0a\xff\xff"))
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert caplog.records == []


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (Unavailable("db.internal refused"), grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE"),
        (Busy("queue of db.internal"), grpc.StatusCode.RESOURCE_EXHAUSTED, "BUSY"),
        (Stale("UniqueViolation"), grpc.StatusCode.ABORTED, "STALE"),
        (RuntimeError("hunter2"), grpc.StatusCode.INTERNAL, "INTERNAL"),
        (ValueError("hunter2"), grpc.StatusCode.INTERNAL, "INTERNAL"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_goes_wrong_inside_stays_inside(
    service: Service,
    error: Exception,
    code: grpc.StatusCode,
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def begin() -> Never:
        raise error

    service.container.transaction.override(providers.Callable(begin))
    with caplog.at_level(logging.ERROR):
        refusal = await service.refusal("GetReferralStatus", STATUS)
    assert (refusal.code, refusal.reason) == (code, reason)
    assert refusal.retry_after == (1 if isinstance(error, Unavailable) else 0)
    assert str(error).encode() not in refusal.raw
    unforeseen = code is grpc.StatusCode.INTERNAL
    assert [line["method"] for line in written(caplog.records)] == [LONG] * unforeseen
    assert all(record.exc_info and record.exc_info[1] is error for record in caplog.records)


@pytest.mark.parametrize("name", ["", "referrals.v1.ReferralsService"])
async def test_anybody_may_ask_for_health(service: Service, name: str) -> None:
    health = HealthStub(service.channel)
    answer = await health.Check(HealthCheckRequest(service=name), timeout=5)
    assert answer.status == HealthCheckResponse.SERVING


async def test_the_health_of_an_unknown_service_is_not_found(service: Service) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await HealthStub(service.channel).Check(HealthCheckRequest(service="x"), timeout=5)
    assert failure.value.code() is grpc.StatusCode.NOT_FOUND


async def test_every_one_of_many_connections_is_answered(service: Service) -> None:
    request = pb.GetReferralStatusRequest(merchant_id=MERCHANT, referral_id="x")
    alone = (("grpc.use_local_subchannel_pool", 1),)
    async with AsyncExitStack() as stack:
        channels = [
            await stack.enter_async_context(
                grpc.aio.insecure_channel(str(service.address), options=alone)
            )
            for _ in range(32)
        ]
        stubs = map(ReferralsServiceStub, channels)
        calls = [one.GetReferralStatus(request, metadata=TOKEN, timeout=5) for one in stubs]
        refusals = await asyncio.gather(*map(refusal_of, calls))
    assert {refusal.code for refusal in refusals} == {grpc.StatusCode.INVALID_ARGUMENT}
