"""One question at a time for all who want the same answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

Key = TypeVar("Key")
Answer = TypeVar("Answer")


class OutOfTime(Unavailable):
    """The caller's time ran out before a neighbour answered, which says nothing about it."""

    code = "deadline_exceeded"


@attrs.define(eq=False)
class _Question(Generic[Answer]):
    task: asyncio.Task[Answer]
    waiting: int = 0


@attrs.define(eq=False)
class Asking(Generic[Key, Answer]):
    """
    Asks each question once for all who wait for its answer.

    Who comes first asks, in the time that they have. Where that runs out, those who came later
    and have more ask again. When nobody waits any more, the question is dropped.
    """

    _questions: dict[Key, _Question[Answer]] = attrs.field(init=False, factory=dict)

    async def answer(self, key: Key, ask: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """
        Return the answer to the question of this key.

        Args:
            key: What the question is about.
            ask: Asks it in the caller's time.

        Raises:
            OutOfTime: The caller's time ran out.
        """
        while key in self._questions:
            try:
                return await self._wait(key, self._questions[key])
            except OutOfTime:  # of whoever asked
                continue
        self._questions[key] = question = _Question(asyncio.create_task(ask()))
        return await self._wait(key, question)

    async def _wait(self, key: Key, question: _Question[Answer]) -> Answer:
        """Wait for the answer; who stops waiting does not stop the others."""
        question.waiting += 1
        try:
            return await asyncio.shield(question.task)
        finally:
            question.waiting -= 1
            if not question.waiting or question.task.done():
                self._drop(key, question)

    def _drop(self, key: Key, question: _Question[Answer]) -> None:
        question.task.cancel()
        if self._questions.get(key) is question:
            del self._questions[key]
