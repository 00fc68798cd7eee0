"""How long calls may take, and how many may connect."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import grpc
import pytest

from referrals_sandbox.neighbours.frontend import LONG_PATH
from tests.gateway.front import CONNECTIONS, IDLE, Call, standing
from tests.waiting import until

if TYPE_CHECKING:
    from tests.gateway.front import Front

MESSAGE = b"\x00\x00\x00\x00\x00"


def test_a_deadline_reaches_the_service_and_ends_the_call(front: Front) -> None:
    with grpc.insecure_channel(front.address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(LONG_PATH)
        with pytest.raises(grpc.RpcError) as failure:
            call(b"", timeout=0.1)
    assert isinstance(failure.value, grpc.Call)
    assert failure.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    left = front.grpc.left[-1]
    assert left is not None
    assert 0 < left <= 0.1


@pytest.mark.parametrize("kind", ["application/grpc-web+proto", "application/grpc"])
def test_a_deadline_is_told_by_the_gateway(front: Front, kind: str) -> None:
    headers = [("grpc-timeout", "100m"), ("te", "trailers")]
    call = Call(kind=kind, body=MESSAGE, headers=headers)
    with ThreadPoolExecutor(8) as threads:  # the service, too, ends them at that moment
        answers = list(threads.map(call.to, [front.address] * 8))
    assert {answer.headers["grpc-status"] for answer in answers} == {"4"}
    left = front.grpc.left[-1]
    assert left is not None
    assert 0 < left <= 0.1


def test_json_has_deadlines_too(front: Front) -> None:
    answer = Call(headers=[("grpc-timeout", "100m")]).to(front.address)
    assert (answer.status, answer.json["code"]) == (504, 4)


def test_nobody_has_more_time_than_there_is(front: Front) -> None:
    begun = time.monotonic()
    answer = Call(headers=[("grpc-timeout", "1H")]).to(front.address)
    assert (answer.status, answer.json["code"]) == (504, 4)
    assert time.monotonic() - begun < 2


async def test_idle_connections_keep_others_out_for_as_long_as_they_may_idle() -> None:
    with standing() as front, ExitStack() as connections:  # where nobody else is connected
        host, _, port = front.address.rpartition(":")
        begun = time.monotonic()

        def newcomer() -> socket.socket:
            place = host, int(port)
            return connections.enter_context(socket.create_connection(place, timeout=5))

        idle = [newcomer() for _ in range(CONNECTIONS)]
        await asyncio.sleep(0.1)  # whoever looked whether the port is open has left
        idle += [newcomer() for _ in range(5)]
        assert idle[-1].recv(1) == b""  # closed at once
        assert time.monotonic() - begun < IDLE

        async def let_in() -> bool:
            try:
                return Call(path="/healthz", method="GET").to(front.address).status == 200
            except OSError:
                return False

        assert not await let_in()
        await until(let_in, within=IDLE + 2)
        assert time.monotonic() - begun > IDLE / 2


def test_the_log_tells_of_calls_and_of_nobody(front: Front) -> None:
    source = "127.0.0.77"
    Call(
        path="/refunds/create?token=hush-hush",
        headers=[("authorization", "Bearer hush-hush"), ("x-forwarded-for", "198.51.100.7")],
        source=source,
    ).to(front.address)
    line = front.gateway.process.until_says(r'^\{.*"path":"/refunds/create".*\}$').group()
    known = json.loads(line)
    assert known.keys() == {
        *("time", "method", "path", "code", "grpc_status", "flags", "milliseconds"),
        *("bytes_received", "bytes_sent", "cluster"),
    }
    assert (known["method"], known["code"], known["cluster"]) == ("POST", 200, "webhook")
    assert (known["bytes_received"], known["bytes_sent"]) == (2, 2)
    for private in ("hush-hush", "198.51.100.7", source):
        assert private not in front.gateway.process.log_text
