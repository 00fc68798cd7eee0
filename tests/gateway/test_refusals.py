"""What the gateway refuses itself is told in the words of whoever calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import grpc
import pytest

from referrals_sandbox.neighbours.frontend import LONG_PATH
from tests.gateway.front import BUCKET, Call
from tests.gateway.upstreams import SLOW

if TYPE_CHECKING:
    from tests.gateway.front import Front

MESSAGE: Final = b"\x00\x00\x00\x00\x00"
FLOODING: Final = "127.0.0.9"

REFUSED: Final = {
    "no such method": (Call(path="/referrals.v1.ReferralsService/Nothing"), 404, 5, 12),
    "no route": (Call(path="/nothing"), 404, 5, 12),
    "too slow": (Call(length=20), 408, 4, 4),
    "too large": (Call(body=b" " * 131_073), 413, 8, 8),
    "too often": (Call(source=FLOODING), 429, 8, 8),
    "service too slow": (Call(), 504, 4, 4),
}
"""A call that is refused, its HTTP status, and its code as JSON and as gRPC."""


@pytest.fixture(scope="module")
def flooded(front: Front) -> Front:
    """The gateway, which has enough of one address, whoever that says it is."""
    for number in range(BUCKET):
        forwarded = ("x-forwarded-for", f"10.0.{number // 256}.{number % 256}")
        call = Call(path="/referrals.v1/Nothing", source=FLOODING, headers=[forwarded])
        assert call.to(front.address).status == 404
    return front


@pytest.mark.parametrize("kind", REFUSED)
def test_json_is_refused_with_a_status(flooded: Front, kind: str) -> None:
    call, status, code, _ = REFUSED[kind]
    answer = call.to(flooded.address)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.json["message"]


@pytest.mark.parametrize("form", ["application/grpc", "application/grpc-web+proto"])
@pytest.mark.parametrize("kind", [kind for kind in REFUSED if kind != "no such method"])
def test_grpc_and_grpc_web_are_refused_with_a_status(flooded: Front, kind: str, form: str) -> None:
    call, _, _, code = REFUSED[kind]
    call = attrs.evolve(call, kind=form, headers=[("te", "trailers")])
    if call.body == b"{}":
        call = attrs.evolve(call, body=MESSAGE)
    answer = call.to(flooded.address)
    assert (answer.status, answer.headers["grpc-status"]) == (200, str(code))
    assert answer.headers["content-type"] == form
    assert answer.headers["grpc-message"]
    assert answer.body == b""


def test_json_that_is_none_is_refused_with_a_status(front: Front) -> None:
    answer = Call(body=b'{"referral_id": "').to(front.address)
    assert (answer.status, answer.json["code"]) == (400, 3)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/nothing", b"", grpc.StatusCode.UNIMPLEMENTED),
        (LONG_PATH, b" " * 131_072, grpc.StatusCode.RESOURCE_EXHAUSTED),
        (LONG_PATH, b"", grpc.StatusCode.DEADLINE_EXCEEDED),
    ],
)
def test_a_grpc_client_is_told_why(
    front: Front, path: str, body: bytes, code: grpc.StatusCode
) -> None:
    assert refused(front.address, path, body) is code


def refused(address: str, path: str, body: bytes) -> grpc.StatusCode:
    """Return what a client of the library gets, without a deadline of its own."""
    options = [("grpc.enable_http_proxy", 0)]
    with grpc.insecure_channel(address, options=options) as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(path)
        with pytest.raises(grpc.RpcError) as failure:
            call(body)
    assert isinstance(failure.value, grpc.Call)
    return failure.value.code()


def test_who_finds_no_service_is_told_so(before_nothing_at: str) -> None:
    answer = Call().to(before_nothing_at)
    assert (answer.status, answer.json["code"]) == (503, 14)
    web = Call(kind="application/grpc-web+proto", body=MESSAGE).to(before_nothing_at)
    assert (web.status, web.headers["grpc-status"]) == (200, "14")
    assert refused(before_nothing_at, LONG_PATH, b"") is grpc.StatusCode.UNAVAILABLE
    webhook = Call(path="/orders/create").to(before_nothing_at)
    assert (webhook.status, webhook.json) == (503, {"error": "unavailable"})
    assert webhook.headers["retry-after"] == "5"


@pytest.mark.parametrize(
    ("call", "status", "word"),
    [
        (Call(path="/orders/create", length=20), 408, "body_too_slow"),
        (Call(path="/orders/create", body=b" " * 4_194_305), 413, "body_too_long"),
        (
            Call(path=SLOW, headers=[("x-envoy-upstream-rq-timeout-ms", "4000")]),
            *(504, "unavailable"),
        ),
    ],
)
def test_shopify_is_refused_as_the_service_would(
    front: Front, call: Call, status: int, word: str
) -> None:
    answer = call.to(front.address)
    assert (answer.status, answer.json) == (status, {"error": word})


def test_who_calls_too_often_is_known_by_its_address_alone(flooded: Front) -> None:
    """Not by what it says of itself; others, and webhooks, are not held back."""
    forwarded = [("x-forwarded-for", "198.51.100.7")]
    for path, source, status in (
        ("/referrals.v1/Nothing", FLOODING, 429),
        ("/referrals.v1/Nothing", "127.0.0.1", 404),
        ("/orders/create", FLOODING, 200),
    ):
        call = Call(path=path, source=source, headers=forwarded)
        assert call.to(flooded.address).status == status
