"""
A gRPC server with one method, in a process of its own.

It polls gRPC's core itself, the layer below `grpc` and `grpc.aio`, for a method that never waits
needs neither threads nor a loop. A call costs 50 us of CPU; by those 140 and 280 (2026-11).
"""

from __future__ import annotations

import argparse
import logging
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs
import grpc
from google.protobuf.message import DecodeError, Message
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # made by Cython

from referrals_adapters.system.memory import settle_down
from referrals_adapters.system.scheduling import run_in_batches
from referrals_sandbox.neighbours.world import WorldFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from referrals_sandbox.neighbours.world import World

    Metadata: TypeAlias = Iterable[tuple[str, str | bytes]]

_GRACE: Final = 0.5  # seconds that calls under way may still take
_OPTIONS: Final = (("grpc.so_reuseport", 0),)  # else a second server shares the port unnoticed
_PLAIN: Final = 0  # flags of an operation

_logger: Final = logging.getLogger(__name__)


class Refused(Exception):
    """
    A call is answered with a status in place of a message.

    Args:
        code: The status.
        details: What is wrong.
    """

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(details)
        self.code, self.details = code, details


@attrs.frozen(kw_only=True)
class Method:
    """
    One method, which answers under several names of its service.

    Args:
        name: Its name, as in `ValidateMerchant`.
        services: The names of its service; the first is that of the `.proto` file.
        question: The type of its requests.
        answer: Answers a request of who has a token, at once, or raises `Refused`.
    """

    name: str
    services: tuple[str, ...]
    question: type[Message]
    answer: Callable[[Any, str], Message]

    def reply(self, raw: bytes, metadata: Metadata) -> bytes:
        """
        Answer a request.

        Raises:
            Refused: It is not answered.
        """
        try:
            request = self.question.FromString(raw)
        except DecodeError as error:
            raise Refused(grpc.StatusCode.INTERNAL, "the request cannot be read") from error
        try:
            return self.answer(request, _token(metadata)).SerializeToString()
        except Refused:
            raise
        except Exception as error:  # a mistake of ours, of which others learn no more
            _logger.exception("%s failed", self.name)
            raise Refused(grpc.StatusCode.UNKNOWN, "it failed; its log tells why") from error


def run(description: str | None, method: Callable[[WorldFile], Method]) -> None:
    """Read the command line, and serve a method that knows the world until told to end."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--listen", required=True, metavar="HOST:PORT")
    parser.add_argument("--world", required=True, type=Path, metavar="FILE")
    options = parser.parse_args()
    run_in_batches()
    serve(options.listen, method(WorldFile(options.world)))


def require_permission(world: World, token: str, merchant_id: str) -> None:
    """
    Make sure that a token may act for a merchant.

    Raises:
        Refused: It may not.
    """
    if not merchant_id:
        raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "merchant_id is required")
    if token not in world.tokens:
        raise Refused(grpc.StatusCode.UNAUTHENTICATED, "the token is not accepted")
    if not world.may_act(token, merchant_id):
        raise Refused(grpc.StatusCode.PERMISSION_DENIED, "not a merchant of this token")


def serve(address: str, method: Method) -> None:
    """
    Serve until SIGTERM; a line `listening on HOST:PORT` tells that calls are answered.

    Raises:
        SystemExit: The address is taken, or is none of this machine.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # whoever waits for it gets it
    server = Server(method)
    server.listen(address)
    Thread(target=_end_when_told, args=(server,), daemon=True).start()
    settle_down()
    print(f"listening on {address}", flush=True)
    server.work()


class Server:
    """
    Takes calls one by one, as they come out of the queue; each tag in it is what to do next.

    Args:
        method: Its method.
    """

    def __init__(self, method: Method) -> None:
        self._method = method
        self._paths = {f"/{service}/{method.name}".encode() for service in method.services}
        self._queue = cygrpc.CompletionQueue()
        self._server = cygrpc.Server(_OPTIONS, False)  # noqa: FBT003 - no xDS; it takes no names
        self._server.register_completion_queue(self._queue)
        self._ending = Lock()
        self._is_ending = False
        self._is_over = False

    def listen(self, address: str) -> int:
        """
        Take an address, and return its port, which the machine chooses if it is 0.

        Raises:
            SystemExit: The address is taken, or is none of this machine.
        """
        port: int = self._server.add_http2_port(address.encode())
        if not port:
            raise SystemExit(f"cannot listen on {address}")  # gRPC has told why
        self._server.start()
        self._take_another()
        return port

    def work(self) -> None:
        """Answer calls until it is to end and nothing is under way."""
        while not self._is_over:
            event = self._queue.poll()
            event.tag(event)
            del event  # or it would keep its call open until the next one comes

    def end(self, grace: float) -> None:
        """Take no more calls, and break those off that take longer than so many seconds."""
        with self._ending:
            self._is_ending = True
            self._server.shutdown(self._queue, self._ended)
        time.sleep(grace)
        self._server.cancel_all_calls()

    def _ended(self, _: cygrpc.ServerShutdownEvent) -> None:
        self._is_over = True

    def _take_another(self) -> None:
        with self._ending:
            if not self._is_ending:  # of a server that ends it is an error
                self._server.request_call(self._queue, self._queue, self._begin)

    def _begin(self, event: cygrpc.RequestCallEvent) -> None:
        """Wait for what is asked by a new call."""
        if not event.success:  # told to end
            return
        self._take_another()
        if event.call_details.method in self._paths:
            receiving = (cygrpc.ReceiveMessageOperation(_PLAIN),)
            answer = partial(self._answer, event.call, event.invocation_metadata)
            event.call.start_server_batch(receiving, answer)
        else:
            refused = Refused(grpc.StatusCode.UNIMPLEMENTED, "there is no such method")
            event.call.start_server_batch(_refusal(refused), _nothing_more)

    def _answer(
        self, call: cygrpc.Call, metadata: Metadata, event: cygrpc.BatchOperationEvent
    ) -> None:
        """Answer what was asked, unless the caller has left."""
        raw = event.batch_operations[0].message()
        if raw is None:
            return
        try:
            operations = _reply(self._method.reply(raw, metadata))
        except Refused as refused:
            operations = _refusal(refused)
        call.start_server_batch(operations, _nothing_more)


def _end_when_told(server: Server) -> None:
    signal.sigwait({signal.SIGTERM})
    server.end(_GRACE)


def _reply(message: bytes) -> tuple[cygrpc.Operation, ...]:
    return (cygrpc.SendMessageOperation(message, _PLAIN), *_status(cygrpc.StatusCode.ok, b""))


def _refusal(refused: Refused) -> tuple[cygrpc.Operation, ...]:
    return _status(refused.code.value[0], refused.details.encode())


def _status(code: int, details: bytes) -> tuple[cygrpc.Operation, ...]:
    return (
        cygrpc.SendInitialMetadataOperation((), _PLAIN),
        cygrpc.SendStatusFromServerOperation((), code, details, _PLAIN),
        cygrpc.ReceiveCloseOnServerOperation(_PLAIN),
    )


def _nothing_more(_: cygrpc.BatchOperationEvent) -> None:
    """Let go of a call that is over."""


def _token(metadata: Metadata) -> str:
    """Return the token, with or without `Bearer` before it; nothing unless there is just one."""
    values = [value for key, value in metadata if key == "authorization"]
    match str(values[0]).split() if len(values) == 1 else []:
        case [scheme, token] if scheme.lower() == "bearer":
            return token
        case [token]:
            return token
        case _:
            return ""
