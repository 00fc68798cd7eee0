"""What does each command of `referrals-sandbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from referrals_sandbox.bench.run import bench
from referrals_sandbox.chaos.run import chaos
from referrals_sandbox.load.run import load
from referrals_sandbox.playing import start
from referrals_sandbox.posting.post import post

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

COMMANDS: Final[Mapping[str | None, Callable[[argparse.Namespace], int]]] = {
    None: start,
    "post": post,
    "chaos": chaos,
    "bench": bench,
    "load": load,
}
"""What does each command, by its name, and returns the exit code."""
