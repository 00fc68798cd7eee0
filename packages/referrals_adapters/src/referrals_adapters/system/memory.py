"""How Python looks for garbage."""

from __future__ import annotations

import gc
from typing import Final

_OFTEN: Final = 10_000  # objects more than there were; by default 700, which ten calls make


def settle_down() -> None:
    """
    Have what is there now, all modules and what serves, never be searched for garbage again.

    What comes from now on is searched less often: nearly all of it goes as soon as nobody refers
    to it, which needs no search.
    """
    gc.freeze()
    gc.set_threshold(_OFTEN)
