"""A mapping that keeps only what was put last."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """
    A mapping of bounded size; what was put longest ago gives way.

    >>> recent = Recent(2)
    >>> for number in (1, 2, 1, 3):
    ...     recent.put(number, str(number))
    >>> recent.get(1), recent.get(2)
    ('1', None)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """Return what was put under the key, if it is still there."""
        return self._values.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Put a value, as the most recent one."""
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)

    def keys(self) -> Sequence[Key]:
        """Return the keys that there are now, the most recent last."""
        return tuple(self._values)

    def drop(self, key: Key) -> None:
        """Forget what is under the key."""
        self._values.pop(key, None)
