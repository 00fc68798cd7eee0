"""How our commands are asked, and how they tell of themselves: all of them alike."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from importlib.metadata import version
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self, TypeAlias

import attrs

from referrals_adapters.system.exits import EXIT_CODES, MISUSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001 - has no public name
"""Where a parser's commands are added."""

_WIDEST: Final = 100  # columns; longer lines are hard to read
_EDGE: Final = 2  # columns that argparse leaves free


@attrs.frozen(kw_only=True)
class About:
    """
    What a person reads of a command.

    Args:
        does: What it does: one sentence, which the list of commands shows, too.
        prints: What comes on standard output, and what on standard error.
        more: What else there is to know; blank lines part paragraphs.
        environment: The variables that it reads, and what each says.
        examples: Command lines as a person may type them.
        exits: What exit codes mean of which `EXIT_CODES` do not say enough.
    """

    does: str
    prints: str
    more: str = ""
    environment: Mapping[str, str] = attrs.field(factory=dict)
    examples: Sequence[str]
    exits: Mapping[int, str] = attrs.field(factory=dict)

    def sections(self, width: int) -> Iterator[str]:
        """Return what stands behind the options, in lines of up to `width` columns."""
        yield _section("prints", _paragraph(self.prints, width))
        for paragraph in filter(None, self.more.split("\n\n")):
            yield "\n".join(wrap(paragraph, width)) + "\n"
        if self.environment:
            yield _section("environment", _definitions(self.environment, width))
        yield _section("examples", [f"  {example}" for example in self.examples])
        codes = sorted({**EXIT_CODES, **self.exits}.items())
        told = {str(code): meaning for code, meaning in codes}
        yield _section("exit codes", _definitions(told, width))


class Parser(argparse.ArgumentParser):
    """
    Reads the words of a command.

    What it cannot read it tells in one line, with the word that was probably meant, and exits
    with `MISUSED`.

    Args:
        about: What a person reads of the command.
        options: As for argparse.
    """

    def __init__(self, *, about: About, **options: Any) -> None:
        formatter = partial(argparse.HelpFormatter, width=_width())
        super().__init__(
            description=about.does,
            formatter_class=formatter,
            **options,
        )
        self.about = about
        self.commands: Mapping[str, Parser] = {}

    @classmethod
    def of_program(cls, name: str, about: About) -> Self:
        """Return the parser of a program that is named as the wheel which it comes with."""
        parser = cls(prog=name, about=about)
        parser.add_argument("--version", action="version", version=f"{name} {version(name)}")
        return parser

    def take_commands(self, dest: str, *, required: bool = True) -> Commands:
        """Return where commands are added; `dest` is where the options keep which was chosen."""
        commands = self.add_subparsers(
            required=required, dest=dest, title="commands", metavar="COMMAND"
        )
        self.commands = commands.choices
        return commands

    def format_help(self) -> str:
        """Return the page that `--help` shows."""
        return "\n".join([super().format_help(), *self.about.sections(_width())])

    def parse_known_args(
        self, args: Iterable[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Refuse what is not known here, where it is known what might have been meant."""
        words = list(sys.argv[1:] if args is None else args)
        self._require_known(words)
        options, unknown = super().parse_known_args(words, namespace)
        if unknown:
            self.error(f"unexpected: {' '.join(unknown)}")
        return options, unknown

    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong, and exit."""
        line = " ".join(message.split())
        self.exit(MISUSED, f"{self.prog}: {line}; see {self.prog} --help\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        (file or sys.stderr).write(message)  # argparse would not tell that it cannot

    def _require_known(self, words: Sequence[str]) -> None:
        """
        Name the first unknown option.

        argparse would rather ask for what is missing beside it. It would also take a beginning
        of a name, which means something else once there is an option of that name.
        """
        for word in words:
            if word == "--" or word in self.commands:
                return
            option = word.partition("=")[0]
            known = self._option_string_actions
            if option.startswith("--") and option not in known:
                self.error(f"there is no option {option}{_near(option, known)}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            words = [str(choice) for choice in action.choices]
            told = f"{value} is none of {', '.join(words)}{_near(str(value), words)}"
            raise argparse.ArgumentError(action, told)


def add_command(commands: Commands, name: str, about: About) -> Parser:
    """Add a command, and return its parser."""
    return commands.add_parser(name, help=about.does.replace("%", "%%"), about=about)


def number(text: str, *, largest: int, what: str | None = None) -> int:
    """
    Read a number from 1 to `largest`.

    Args:
        text: What was typed.
        largest: The largest that counts.
        what: What else than a number is told to have been expected.

    Raises:
        ArgumentTypeError: It is no such number.

    >>> number("17", largest=100)
    17
    """
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) <= largest:
        expected = what or f"a number from 1 to {largest}"
        raise argparse.ArgumentTypeError(f"{text!r} is not {expected}")
    return int(text)


def _width() -> int:
    return min(shutil.get_terminal_size().columns, _WIDEST) - _EDGE


def _near(word: str, words: Iterable[str]) -> str:
    return "".join(f" (did you mean {near}?)" for near in get_close_matches(word, words, n=1))


def _section(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"{title}:", *lines]) + "\n"


def _paragraph(text: str, width: int) -> list[str]:
    return wrap(text, width, initial_indent="  ", subsequent_indent="  ")


def _definitions(meanings: Mapping[str, str], width: int) -> Iterator[str]:
    column = max(map(len, meanings)) + 4
    for name, meaning in meanings.items():
        yield from wrap(
            meaning,
            width,
            initial_indent=f"  {name}".ljust(column),
            subsequent_indent=" " * column,
            break_on_hyphens=False,
        )
