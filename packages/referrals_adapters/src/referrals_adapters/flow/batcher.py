"""Natural batching, without timers: what queued while the workers were busy is the next batch."""

from __future__ import annotations

import asyncio
import copy
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

import attrs
from attrs import validators

from referrals_domain.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")

_ROOM: Final = 10_000


class Busy(Unavailable):
    """More is waiting than will be done soon."""

    code = "busy"


@attrs.frozen
class _Failure:
    """An error on its way to a caller, who may be gone: then nobody minds."""

    error: Exception


@attrs.frozen(eq=False)
class _Waiting(Generic[T, R]):
    item: T
    outcome: asyncio.Future[R | _Failure]

    def end(self, outcome: R | _Failure) -> None:
        if not self.outcome.done():  # its caller was cancelled, or it has ended before
            self.outcome.set_result(outcome)


@attrs.define(eq=False)
class Batcher(Generic[T, R]):
    """
    Collects what many callers submit one by one, and has it done in batches.

    A caller that is cancelled leaves its item to be done. Use it with `contextlib.aclosing`.

    Args:
        work: Does a batch and returns its results in order. If it raises, it has done nothing, or
            what may be done again. Where it raises `Unavailable`, so do all callers of the batch;
            after any other error each item is tried alone, so that a bad one fails alone.
        limit: The most items in a batch.
        concurrency: How many batches may be under way at a time.
        room: How many items may wait for their batch.
    """

    work: Callable[[Sequence[T]], Awaitable[Sequence[R]]]
    limit: int = attrs.field(kw_only=True, validator=validators.ge(1))
    concurrency: int = attrs.field(default=1, kw_only=True, validator=validators.ge(1))
    room: int = attrs.field(default=_ROOM, kw_only=True, validator=validators.ge(1))
    _queue: deque[_Waiting[T, R]] = attrs.field(factory=deque, init=False)
    _workers: set[asyncio.Task[None]] = attrs.field(factory=set, init=False)
    _active: int = attrs.field(default=0, init=False)
    _closed: bool = attrs.field(default=False, init=False)

    async def submit(self, item: T) -> R:
        """
        Have an item done and return its result.

        Raises:
            Busy: Too many are waiting.
            Unavailable: The batcher is closed, or the work raised it.
        """
        if self._closed:
            raise Unavailable("closed")
        if len(self._queue) >= self.room:
            raise Busy("too much is waiting")
        waiting: _Waiting[T, R] = _Waiting(item, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        if self._active < self.concurrency:
            self._start_worker()
        outcome = await waiting.outcome
        if not isinstance(outcome, _Failure):
            return outcome
        if isinstance(outcome.error, Unavailable):
            # The batch shares it, and every raise would add to its traceback.
            raise copy.copy(outcome.error) from outcome.error
        raise outcome.error

    async def aclose(self) -> None:
        """Accept nothing more, and return when everything that was accepted is done."""
        self._closed = True
        while self._workers:
            await asyncio.wait(self._workers)

    def _start_worker(self) -> None:
        self._active += 1
        worker = asyncio.create_task(self._work_off())
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def _work_off(self) -> None:
        """Do batch after batch until nothing is waiting."""
        batch: list[_Waiting[T, R]] = []
        try:
            while self._queue:
                size = min(self.limit, len(self._queue))
                batch = [self._queue.popleft() for _ in range(size)]
                await self._do(batch)
        except BaseException:  # it was cancelled itself: nobody must wait for ever
            _fail([*batch, *self._queue], Unavailable("stopped"))
            self._queue.clear()
            raise
        finally:
            # Here, not in the callback: whoever submits in between must find a worker missing.
            self._active -= 1

    async def _do(self, batch: list[_Waiting[T, R]]) -> None:
        error = await self._attempt(batch)
        if len(batch) == 1 or isinstance(error, Unavailable):
            _fail(batch, error)
        elif error:
            await self._do_singly(batch)

    async def _do_singly(self, batch: Sequence[_Waiting[T, R]]) -> None:
        for place, waiting in enumerate(batch):
            error = await self._attempt([waiting])
            if isinstance(error, Unavailable):  # the others need not find that out one by one
                _fail(batch[place:], error)
                return
            _fail([waiting], error)

    async def _attempt(self, batch: Sequence[_Waiting[T, R]]) -> Exception | None:
        """Do a batch; return why it failed."""
        try:
            results = await self.work([waiting.item for waiting in batch])
            _require_one_each(results, batch)
            for waiting, result in zip(batch, results, strict=True):
                waiting.end(result)
        except Exception as error:  # noqa: BLE001 - whatever it is, the callers are to hear of it
            return error
        return None


def _require_one_each(results: Sequence[object], batch: Sequence[object]) -> None:
    if len(results) != len(batch):
        raise ValueError(f"{len(results)} results for {len(batch)} items")


def _fail(batch: Sequence[_Waiting[T, R]], error: Exception | None) -> None:
    if error:
        for waiting in batch:
            waiting.end(_Failure(error))
