"""How far a chaos run is, for who waits for it."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable


async def tell(done: Callable[[], str], *, seconds: float, every: float = 10.0) -> NoReturn:
    """
    Tell on standard error how far it is, until cancelled.

    Args:
        done: What there is to tell besides the time.
        seconds: For how long friends order; then it waits until all is at rest.
        every: How many seconds pass between two lines.
    """
    clock = asyncio.get_running_loop().time
    begun = clock()
    while True:
        await asyncio.sleep(every)
        passed = clock() - begun
        stands = f"of {seconds:g} s" if passed < seconds else "and waiting until all is at rest"
        print(f"{passed:.0f} s {stands}: {done()}", file=sys.stderr, flush=True)
