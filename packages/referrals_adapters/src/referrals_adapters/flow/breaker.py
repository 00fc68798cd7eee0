"""Who did not answer lately is not asked for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs
from attrs import validators

if TYPE_CHECKING:
    from collections.abc import Iterator


@attrs.define(kw_only=True, eq=False)
class Breaker:
    """
    Opens after some failures in a row; then it lets one call pass now and then, as a probe.

    A success closes it, whoever reports it. A probe that never reports, because its caller was
    cancelled, holds up nobody: the next one may go after another rest.

    Args:
        failures: How many in a row open it.
        rest: How long nobody passes after a failure, or after a probe was let go.
        elapsed: A clock in seconds that only moves forward.

    >>> breaker = Breaker(failures=1, elapsed=lambda: 0.0)
    >>> breaker.allows()
    True
    >>> breaker.failed()
    >>> breaker.allows()
    False
    """

    failures: int = attrs.field(default=3, validator=validators.ge(1))
    rest: timedelta = timedelta(milliseconds=500)
    elapsed: Callable[[], float] = time.monotonic
    _in_a_row: int = attrs.field(default=0, init=False)
    _next_probe_at: float = attrs.field(default=0.0, init=False)

    @property
    def is_open(self) -> bool:
        """Whether all but a probe now and then are held back."""
        return self._in_a_row >= self.failures

    @property
    def rests_for(self) -> timedelta:
        """How long not even a probe is let go."""
        left = self._next_probe_at - self.elapsed() if self.is_open else 0.0
        return timedelta(seconds=max(left, 0.0))

    def allows(self) -> bool:
        """Tell whether to call now; while it is open, True makes the caller the probe."""
        if not self.is_open:
            return True
        if self.elapsed() < self._next_probe_at:
            return False
        self._rest()
        return True

    def succeeded(self) -> None:
        """Note that a call was answered."""
        if self._in_a_row:
            self._in_a_row = 0

    def failed(self) -> None:
        """Note that a call was not answered."""
        self._in_a_row += 1
        self._rest()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note how the call in the block ends; one that is cancelled says nothing."""
        try:
            yield
        except Exception:
            self.failed()
            raise
        self.succeeded()

    def _rest(self) -> None:
        self._next_probe_at = self.elapsed() + self.rest.total_seconds()
