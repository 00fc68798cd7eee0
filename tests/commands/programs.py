"""Our three programs, and every command that they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from referrals_adapters.system.command_line import Parser
from referrals_grpc import command_line as of_grpc
from referrals_sandbox.command_line import parser as of_sandbox
from referrals_webhook.command_line import parser as of_webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PARSERS: Final[Mapping[str, Callable[[], Parser]]] = {
    "referrals-webhook": of_webhook.parser,
    "referrals-grpc": of_grpc.parser,
    "referrals-sandbox": of_sandbox.parser,
}


@attrs.frozen
class Command:
    """
    A command.

    Args:
        words: What is typed, the program first.
        parser: What reads the rest.
    """

    words: tuple[str, ...]
    parser: Parser

    def __str__(self) -> str:
        return " ".join(self.words)

    @property
    def options(self) -> list[str]:
        return [name for name in self.parser._option_string_actions if name.startswith("--")]  # noqa: SLF001 - told nowhere else


def _below(command: Command) -> Iterator[Command]:
    yield command
    for name, parser in command.parser.commands.items():
        yield from _below(Command((*command.words, name), parser))


COMMANDS: Final = [
    command
    for program, parser in PARSERS.items()
    for command in _below(Command((program,), parser()))
]
ACTING: Final = [
    one for one in COMMANDS if not one.parser.commands or one.words == ("referrals-sandbox",)
]
"""The commands that do something themselves."""
