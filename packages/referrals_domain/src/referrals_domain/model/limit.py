"""How often something may happen."""

from __future__ import annotations

import attrs
from attrs import validators


@attrs.frozen
class Limit:
    """
    How often something may happen: two seconds' worth at once, and in the long run so often.

    In any time of so many seconds it happens at most `at_once + a_second * seconds` times.

    Args:
        a_second: How often it may happen a second.

    Raises:
        ValueError: That is less than once.

    >>> Limit(50).at_once
    100
    """

    a_second: int = attrs.field(validator=validators.ge(1))

    @property
    def at_once(self) -> int:
        """How often it may happen at once, after a rest."""
        return 2 * self.a_second
