"""Calls to a neighbour: many at once, but not too many, and none without a deadline."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

import attrs
import grpc.aio
from google.protobuf.message import DecodeError, Message

from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.grpc.channel import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Key = TypeVar("Key")
Value = TypeVar("Value")
Answer = TypeVar("Answer", bound=Message)
Outcome: TypeAlias = Answer | grpc.StatusCode
"""What came of a call: the answer, or the status that came in its place."""

_ABOUT_THE_REQUEST: Final = frozenset(
    {
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.OUT_OF_RANGE,
    }
)
"""The statuses by which a neighbour answers; by any other it fails."""

_logger: Final = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Pace:
    """
    How long a neighbour is waited for, and how much is asked of it at a time.

    Args:
        timeout: The deadline of one call, in seconds.
        patience: The deadline of all calls of a set together, in seconds.
        at_once: How many calls of a set may be under way; so many are in vain when it fails. But
            gRPC wakes for several: one of 64 costs half the CPU of one of 8, at both ends.
    """

    timeout: float = 2.0
    patience: float = 10.0
    at_once: int = 16

    @property
    def hurried(self) -> bool:
        """Whether there is less time than a neighbour may take for one call."""
        return self.patience < self.timeout


@attrs.frozen(kw_only=True)
class Method(Generic[Answer]):
    """
    One method of a neighbour, called in somebody's name.

    Args:
        channel: The connection.
        path: The method's full path.
        answer: The type of its answers.
        authorization: Whose token goes along.
        pace: The deadlines, and how many calls are made at once.
        breaker: Keeps from asking a neighbour that fails.
    """

    channel: Channel
    path: str
    answer: type[Answer]
    authorization: str = attrs.field(repr=False)
    pace: Pace
    breaker: Breaker

    async def ask(
        self, requests: Mapping[Key, Message], read: Callable[[Outcome[Answer]], Value | None]
    ) -> Mapping[Key, Value]:
        """
        Return what `read` makes of each outcome.

        Where it makes None of it, the request is left out, and so are those that were not sent
        because the neighbour fails; one line of the log tells how many were, and why.
        """
        outcomes = await self._outcomes(requests)
        values = {
            key: None if outcome is None else read(outcome) for key, outcome in outcomes.items()
        }
        unread = Counter(_name(outcomes[key]) for key, value in values.items() if value is None)
        if unread:
            reasons = ", ".join(f"{count} {name}" for name, count in unread.items())
            about = {"method": self.path, "reason": reasons}
            _logger.warning("requests were left unanswered", extra=about)
        return {key: value for key, value in values.items() if value is not None}

    async def _outcomes(
        self, requests: Mapping[Key, Message]
    ) -> Mapping[Key, Outcome[Answer] | None]:
        until = asyncio.get_running_loop().time() + self.pace.patience
        outcomes: dict[Key, Outcome[Answer] | None] = {}
        left = iter(requests.items())

        async def call_one_after_another() -> None:
            for key, request in left:
                outcomes[key] = await self._call(request, until)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self.pace.at_once, len(requests))):
                group.create_task(call_one_after_another())
        return outcomes

    async def _call(self, request: Message, until: float) -> Outcome[Answer] | None:
        """Return what came of a call; None if it was not made because the neighbour fails."""
        if not self.breaker.allows():
            return None
        outcome = await self._send(request, until)
        if isinstance(outcome, Message) or outcome in _ABOUT_THE_REQUEST:
            self.breaker.succeeded()
        else:
            self.breaker.failed()
        return outcome

    async def _send(self, request: Message, until: float) -> Outcome[Answer]:
        call: grpc.aio.UnaryUnaryMultiCallable[Any, bytes] = self.channel.unary_unary(self.path)
        try:
            answer = await call(
                request.SerializeToString(),
                timeout=min(self.pace.timeout, until - asyncio.get_running_loop().time()),
                metadata=(("authorization", self.authorization),),
            )
            return self.answer.FromString(answer)
        except grpc.aio.AioRpcError as error:
            return error.code()
        except DecodeError:
            return grpc.StatusCode.INTERNAL


def _name(outcome: Message | grpc.StatusCode | None) -> str:
    if outcome is None:
        return "not sent"
    return outcome.name if isinstance(outcome, grpc.StatusCode) else "malformed"
