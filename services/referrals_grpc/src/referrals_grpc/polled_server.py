"""
A server that polls gRPC itself, by the layer on which `grpc` and `grpc.aio` stand.

`grpc.aio` takes one call after another. Of each it tells the loop four things, by a byte in a
socket for each, and has the loop run three tasks for it. Here a thread takes whatever has come,
and the loop runs one task: to read a status costs little more than half the CPU by it. Where a
release of gRPC should have another such layer, `REFERRALS_GRPC_AIO` serves by `grpc.aio`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from functools import partial
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Final

import grpc
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # made by Cython

from referrals_grpc.polled_call import PolledCall

if TYPE_CHECKING:
    from referrals_grpc.interceptors.calls import Handler
    from referrals_grpc.methods import Methods

_AHEAD: Final = 64
"""How many calls may come before the thread asks for more of them."""

_PLAIN: Final = 0  # flags of an operation
_SHUT_DOWN: Final = cygrpc.CompletionType.queue_shutdown

_logger: Final = logging.getLogger(__name__)


class PolledServer:
    """
    Serves methods, as a `grpc.aio.Server` would.

    Each tag in gRPC's queue is what to do next, and the thread that polls the queue does it.

    Args:
        methods: What it serves.
        options: Arguments of the channels.
    """

    def __init__(self, methods: Methods, options: tuple[tuple[str, Any], ...]) -> None:
        self._methods = methods
        self._queue = cygrpc.CompletionQueue()
        self._server = cygrpc.Server(options, False)  # noqa: FBT003 - no xDS; it takes no names
        self._server.register_completion_queue(self._queue)
        self._loop = asyncio.get_running_loop()
        self._come: deque[tuple[PolledCall, bytes | None]] = deque()
        self._tasks: dict[PolledCall, asyncio.Task[None]] = {}
        self._ending = Lock()
        self._is_ending = False
        self._is_over = asyncio.Event()
        self._polling = Thread(target=self._poll, name="grpc", daemon=True)

    def add_insecure_port(self, address: str) -> int:
        """
        Listen there, and return the port.

        Raises:
            RuntimeError: The address is taken, or is none of this machine.
        """
        return _taken(self._server.add_http2_port(address.encode()))

    def add_secure_port(self, address: str, credentials: grpc.ServerCredentials) -> int:
        """
        Listen there for connections that are encrypted, and return the port.

        Raises:
            RuntimeError: The address is taken, or is none of this machine.
        """
        inner = credentials._credentials  # type: ignore[attr-defined]  # noqa: SLF001 - as grpc.aio does
        return _taken(self._server.add_http2_port(address.encode(), inner))

    async def start(self) -> None:
        """Take calls from now on."""
        self._server.start()
        for _ in range(_AHEAD):
            self._take_another()
        self._polling.start()

    async def stop(self, grace: float) -> None:
        """Take no more calls, and break those off that take longer than so many seconds."""
        with self._ending:
            self._is_ending = True
            self._server.shutdown(self._queue, self._end)
        try:
            async with asyncio.timeout(grace):
                await self._is_over.wait()
        except TimeoutError:
            self._server.cancel_all_calls()
            await self._is_over.wait()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._server.destroy()
        self._queue.shutdown()
        await asyncio.to_thread(self._polling.join)

    def _poll(self) -> None:
        while (event := self._queue.poll()).completion_type is not _SHUT_DOWN:
            try:
                event.tag(event)
            except Exception:  # it is one call's, and all others need this thread
                _logger.exception("a call could not be taken")
            del event  # or it would keep its call open until the next one comes

    def _end(self, _: cygrpc.ServerShutdownEvent) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)

    def _take_another(self) -> None:
        with self._ending:
            if not self._is_ending:  # of a server that ends it is an error
                self._server.request_call(self._queue, self._queue, self._take)

    def _take(self, event: cygrpc.RequestCallEvent) -> None:
        """Wait for the first message of a new call, and for the caller to leave."""
        if not event.success:  # told to end
            return
        self._take_another()
        path = event.call_details.method.decode(errors="replace")
        call = PolledCall(event, self._methods.handlers.get(path, _UNKNOWN))
        receiving = (cygrpc.ReceiveMessageOperation(_PLAIN),)
        event.call.start_server_batch(receiving, partial(self._hand_over, call))
        leaving = (cygrpc.ReceiveCloseOnServerOperation(_PLAIN),)
        event.call.start_server_batch(leaving, partial(self._leave, call))

    def _hand_over(self, call: PolledCall, event: cygrpc.BatchOperationEvent) -> None:
        """Give a call to the loop, which the first of those that wait for it wakes."""
        self._come.append((call, event.batch_operations[0].message()))
        if len(self._come) == 1:
            self._loop.call_soon_threadsafe(self._handle)

    def _leave(self, call: PolledCall, event: cygrpc.BatchOperationEvent) -> None:
        if event.batch_operations[0].cancelled():
            call.is_left = True
            self._loop.call_soon_threadsafe(self._cancel, call)

    def _handle(self) -> None:
        """Handle the calls that have come, in the loop, each in a task of its own."""
        while self._come:
            call, first = self._come.popleft()
            if not call.is_left:
                task = self._tasks[call] = self._loop.create_task(call.handle(first))
                task.add_done_callback(partial(self._forget, call))

    def _cancel(self, call: PolledCall) -> None:
        if task := self._tasks.get(call):
            task.cancel()

    def _forget(self, call: PolledCall, _: asyncio.Task[None]) -> None:
        del self._tasks[call]


async def _refuse(_: object, call: PolledCall) -> None:
    await call.abort(grpc.StatusCode.UNIMPLEMENTED, "there is no such method")


_UNKNOWN: Handler = grpc.unary_unary_rpc_method_handler(_refuse)


def _taken(port: int) -> int:
    if not port:
        raise RuntimeError("cannot listen")  # gRPC has logged why
    return port
