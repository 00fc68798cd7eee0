"""A call of the polled server, as handlers see it."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from typing import TYPE_CHECKING, Any, Final, Never, TypeAlias

import grpc
import grpc.aio
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # made by Cython

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from referrals_grpc.interceptors.calls import Handler

    Metadata: TypeAlias = Sequence[tuple[str, str | bytes]]

_PLAIN: Final = 0  # flags of an operation
_NEVER: Final = 1e15  # seconds since 1970; who sets no deadline has one that is later still

_logger: Final = logging.getLogger(__name__)


class PolledCall:
    """
    One call, with as much of a `grpc.aio.ServicerContext` as our handlers ask for.

    Args:
        asked: What gRPC tells of it.
        handler: Who handles it.

    Attributes:
        is_left: Whether the caller is no longer there.
    """

    is_left = False

    def __init__(self, asked: cygrpc.RequestCallEvent, handler: Handler) -> None:
        self._call, self._handler = asked.call, handler
        self._metadata: Metadata = asked.invocation_metadata
        self._deadline: float = asked.call_details.deadline
        self._code: grpc.StatusCode | None = None
        self._has_begun = False

    async def handle(self, first: bytes | None) -> None:
        """Handle the call, of which the first message has come; None: none will."""
        try:
            await self._handle(first)
        except grpc.aio.AbortError:  # it is answered
            pass
        except Exception:  # interceptors answer those of our service
            _logger.exception("a call failed")
            self._end(grpc.StatusCode.UNKNOWN, "it failed; the log of the service tells why")

    def invocation_metadata(self) -> Metadata:
        """Return what the caller sent beside the messages."""
        return self._metadata

    def time_remaining(self) -> float | None:
        """Return the seconds until the caller's deadline; None: there is none."""
        return max(self._deadline - time.time(), 0) if self._deadline < _NEVER else None

    def code(self) -> grpc.StatusCode | None:
        """Return what the call was aborted with; None: it was not."""
        return self._code

    async def abort(
        self, code: grpc.StatusCode, details: str = "", trailing_metadata: Metadata = ()
    ) -> Never:
        """
        Answer with a status in place of a message.

        Raises:
            AbortError: Always, to end the handler.
        """
        self._code = code
        self._end(code, details, trailing_metadata)
        raise grpc.aio.AbortError

    async def write(self, message: Any) -> None:
        """Send one message of several, and return when the next may be sent."""
        await self._do(*self._beginning(), self._sending(message))

    async def _handle(self, first: bytes | None) -> None:
        handler = self._handler
        if handler.request_streaming:
            given: Any = self._messages(first)
        elif first is None:
            await self.abort(grpc.StatusCode.INTERNAL, "the call has no message")
        else:
            given = self._read(first)
        if not handler.response_streaming:
            answer = await (handler.unary_unary or handler.stream_unary)(given, self)
            self._end(grpc.StatusCode.OK, "", (), self._sending(answer))
            return
        answering = (handler.unary_stream or handler.stream_stream)(given, self)
        if inspect.isawaitable(answering):  # it writes by itself
            await answering
        else:
            async for answer in answering:
                await self.write(answer)
        self._end(grpc.StatusCode.OK)

    async def _messages(self, message: bytes | None) -> AsyncIterator[Any]:
        while message is not None:
            yield self._read(message)
            received = await self._do(cygrpc.ReceiveMessageOperation(_PLAIN))
            message = received.batch_operations[0].message()

    def _read(self, message: bytes) -> Any:
        read = self._handler.request_deserializer
        return read(message) if read else message

    def _sending(self, message: Any) -> cygrpc.Operation:
        return cygrpc.SendMessageOperation(self._handler.response_serializer(message), _PLAIN)

    def _beginning(self) -> Sequence[cygrpc.Operation]:
        if self._has_begun:
            return ()
        self._has_begun = True
        return (cygrpc.SendInitialMetadataOperation((), _PLAIN),)

    def _end(
        self,
        code: grpc.StatusCode,
        details: str = "",
        trailing_metadata: Metadata = (),
        *last: cygrpc.Operation,
    ) -> None:
        number, _ = code.value
        trailing, text = tuple(trailing_metadata), details.encode()
        status = cygrpc.SendStatusFromServerOperation(trailing, number, text, _PLAIN)
        self._call.start_server_batch((*self._beginning(), *last, status), _nothing_more)

    async def _do(self, *operations: cygrpc.Operation) -> cygrpc.BatchOperationEvent:
        """Do this, and return when it is done, or can no longer be."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[cygrpc.BatchOperationEvent] = loop.create_future()

        def tell(event: cygrpc.BatchOperationEvent) -> None:
            loop.call_soon_threadsafe(_set, done, event)

        self._call.start_server_batch(operations, tell)
        return await done


def _set(
    done: asyncio.Future[cygrpc.BatchOperationEvent], event: cygrpc.BatchOperationEvent
) -> None:
    if not done.done():  # or who waited was cancelled
        done.set_result(event)


def _nothing_more(_: cygrpc.BatchOperationEvent) -> None:
    """Let go of a call that is over."""
