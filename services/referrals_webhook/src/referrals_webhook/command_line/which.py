"""Which rows a command is about: some by their numbers, or all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from referrals_adapters.system.command_line import number

if TYPE_CHECKING:
    from referrals_adapters.system.command_line import Parser

_LARGEST_ID: Final = 2**63 - 1


def add_which(parser: Parser, *, of: str, every: str) -> None:
    """
    Have a command ask which.

    Args:
        parser: The command's.
        of: What a number belongs to.
        every: What `--all` stands for.
    """
    which = parser.add_mutually_exclusive_group(required=True)
    read = partial(number, largest=_LARGEST_ID, what=f"the number of {of}")
    which.add_argument(
        "ids", nargs="*", default=[], type=read, metavar="ID", help="its number, as listed"
    )
    which.add_argument("--all", action="store_true", help=every)


def add_json(parser: Parser, what: str) -> None:
    """Have a command answer a program, too."""
    parser.add_argument("--json", action="store_true", help=f"print {what}")
