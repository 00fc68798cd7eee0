"""All that must hold of an input, as one function of its bytes."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tests.fuzz import calls
from tests.fuzz.posting import Shop
from tests.fuzz.reading import require_readable_or_not

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_logger: Final = logging.getLogger("referrals_webhook")


@contextmanager
def law() -> Iterator[Callable[[bytes], None]]:
    """Give the block what raises if anything does not hold of the bytes that it is given."""
    level = _logger.level
    _logger.setLevel(logging.CRITICAL)  # it tells of every body that goes to the quarantine
    shop = Shop()
    with asyncio.Runner() as runner:

        def hold(raw: bytes) -> None:
            made = calls.read(raw)
            require_readable_or_not([call.body for call in made])
            runner.run(shop.require_answers(made))

        yield hold
    _logger.setLevel(level)
