"""Values that are looked up together, and remembered for who has no time to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import attrs

from referrals_adapters.flow.batcher import Batcher
from referrals_adapters.flow.recent import Recent
from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

Key = TypeVar("Key")
Value = TypeVar("Value")

MOST_A_LOOK_UP: Final = 100
"""How many values are looked up at once; so many more do not hold up who asks meanwhile."""

_LOOK_UPS_AT_ONCE: Final = 2
_MOST_WAITING: Final = 1000


@attrs.frozen(kw_only=True)
class Remembered(Generic[Key, Value]):
    """
    Values that are looked up together, and then remembered: those used last, up to a number.

    What is absent is not remembered: else whoever asks for enough of it drives out the rest. Use
    it with `contextlib.aclosing`.

    Args:
        look_up: Returns the values that exist.
        most: How many are remembered.
        within: How long to wait for one that is not.
    """

    look_up: Callable[[Collection[Key]], Awaitable[Mapping[Key, Value]]]
    most: int
    within: timedelta
    _values: Recent[Key, Value] = attrs.field(init=False)
    _batcher: Batcher[Key, Value | None] = attrs.field(init=False)

    @_values.default
    def _none_yet(self) -> Recent[Key, Value]:
        return Recent(self.most)

    @_batcher.default
    def _of_look_ups(self) -> Batcher[Key, Value | None]:
        return Batcher(
            self._learn, limit=MOST_A_LOOK_UP, concurrency=_LOOK_UPS_AT_ONCE, room=_MOST_WAITING
        )

    async def get(self, key: Key) -> Value | None:
        """
        Return the value, at once if it is remembered; None: there is none.

        Raises:
            Unavailable: It is not remembered, and was not found out in time.
        """
        value = self._values.get(key)
        if value is not None:
            self._values.put(key, value)
            return value
        try:
            async with asyncio.timeout(self.within.total_seconds()):
                return await self._batcher.submit(key)
        except TimeoutError:
            raise Unavailable("it takes too long to find out") from None

    async def refresh(self) -> None:
        """
        Look up again whatever is remembered.

        Raises:
            Unavailable: What could not be looked up is remembered as it was.
        """
        keys = self._values.keys()
        for first in range(0, len(keys), MOST_A_LOOK_UP):
            await self._learn(keys[first : first + MOST_A_LOOK_UP])

    async def aclose(self) -> None:
        """Finish the look-ups that were begun, and begin no more."""
        await self._batcher.aclose()

    async def _learn(self, keys: Sequence[Key]) -> Sequence[Value | None]:
        found = await self.look_up(set(keys))
        for key in keys:
            if key in found:
                self._values.put(key, found[key])
            else:
                self._values.drop(key)
        return [found.get(key) for key in keys]
