"""Garbage is searched as in a process that has just begun, whatever ran in this one before."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

OFTEN: Final = 700
"""Python's own threshold: objects more than there were."""


@contextmanager
def searched_often() -> Iterator[None]:
    """Have it so within the block, and afterwards as it was, but that nothing is left out."""
    threshold = gc.get_threshold()
    gc.unfreeze()
    gc.set_threshold(OFTEN)
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)


def is_settled() -> bool:
    """Tell whether most of what there is is left out, and the rest searched less often."""
    return gc.get_freeze_count() > 10 * OFTEN and gc.get_threshold()[0] > OFTEN
