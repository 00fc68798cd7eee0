"""
Explore the cache's protocol; with the name of a mutant, show how that goes wrong.

`uv run python -m tests.cache_model.explore --readers 3 --commits 3`
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tests.cache_model.breadth_first import explore
from tests.cache_model.mutants import MUTANTS
from tests.cache_model.protocol import CacheProtocol
from tests.cache_model.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(words: Sequence[str] | None = None) -> int:
    """Print what is found, and return whether a guarantee can be broken."""
    known: tuple[type[CacheProtocol], ...] = (CacheProtocol, *MUTANTS)
    protocols = {one.__name__: one for one in known}
    parser = argparse.ArgumentParser(prog="tests.cache_model.explore", description=__doc__)
    parser.add_argument("protocol", nargs="?", choices=protocols, default=CacheProtocol.__name__)
    parser.add_argument("--readers", type=int, default=2, help="at a time")
    parser.add_argument("--commits", type=int, default=2, help="in all")
    chosen = parser.parse_args(words)
    protocol = protocols[chosen.protocol]()
    found = explore(World(protocol=protocol, readers=chosen.readers, commits=chosen.commits))
    print(found)  # noqa: T201 - this is what it is for
    return bool(found.broken)


if __name__ == "__main__":
    sys.exit(main())
