"""What stands behind a gateway of the tests' own: it keeps what comes, byte for byte."""

from __future__ import annotations

import socketserver
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs
import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOW = "/orders/paid"
"""Never answered."""

_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


@attrs.frozen
class Request:
    """
    A request as it came.

    Args:
        line: Its first line.
        headers: Names and values, in their order.
        body: What follows the headers.
    """

    line: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Webhook(socketserver.ThreadingTCPServer):
    """In the webhook service's place."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.received: list[Request] = []
        self.ended = threading.Event()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Connection(socketserver.StreamRequestHandler):
    server: Webhook

    def handle(self) -> None:
        while line := self.rfile.readline():
            headers = list(self._headers())
            length = dict(headers).get(b"content-length", b"0")
            request = Request(line, headers, self.rfile.read(int(length)))
            if SLOW.encode() in line:
                self.server.ended.wait()
            elif b"/readyz" not in line:
                self.server.received.append(request)
            self.wfile.write(_OK)

    def _headers(self) -> Iterator[tuple[bytes, bytes]]:
        while (line := self.rfile.readline()) != b"\r\n":
            name, _, value = line.removesuffix(b"\r\n").partition(b": ")
            yield name, value


@contextmanager
def recording() -> Iterator[Webhook]:
    """Keep requests."""
    with Webhook() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()


@attrs.frozen
class Slow:
    """
    In the gRPC service's place: whatever is called, it never answers.

    Args:
        address: `host:port`.
        left: How many seconds each call had, when it came.
    """

    address: str
    left: list[float | None]


class _NeverAnswers(grpc.GenericRpcHandler):
    def __init__(self, left: list[float | None], ended: threading.Event) -> None:
        self._left = left
        self._ended = ended

    def service(self, _: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        return grpc.unary_unary_rpc_method_handler(self._behave)

    def _behave(self, _: bytes, context: grpc.ServicerContext) -> bytes:
        self._left.append(context.time_remaining())
        gone = threading.Event()
        context.add_callback(gone.set)
        while not gone.wait(0.01) and not self._ended.is_set():
            pass
        return b""


@contextmanager
def never_answering() -> Iterator[Slow]:
    """Take calls, and be healthy."""
    left: list[float | None] = []
    ended = threading.Event()
    healthy: Any = health.HealthServicer()
    healthy.set("referrals.v1.ReferralsService", health_pb2.HealthCheckResponse.SERVING)
    with ThreadPoolExecutor(8) as threads:
        server = grpc.server(threads, options=[("grpc.so_reuseport", 0)])
        health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
        server.add_generic_rpc_handlers((_NeverAnswers(left, ended),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield Slow(f"127.0.0.1:{port}", left)
        finally:
            ended.set()
            server.stop(None).wait()
