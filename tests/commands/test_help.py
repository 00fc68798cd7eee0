"""Every command tells alike what it does, takes, prints and reads, and how it ends."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.system.exits import EXIT_CODES, REPLACE
from tests.commands.programs import ACTING, COMMANDS, PARSERS
from tests.readme.pages import ROOT, table

if TYPE_CHECKING:
    from tests.commands.programs import Command

OPERATIONS = ROOT / "docs" / "operations.md"
SECTIONS = ["options", "prints", "environment", "examples", "exit codes"]
HELD = [
    "referrals-webhook held",
    "referrals-webhook held list",
    "referrals-webhook held release",
]


def help_of(
    command: Command, capsys: pytest.CaptureFixture[str], *, option: str = "--help"
) -> str:
    program, *words = command.words
    with pytest.raises(SystemExit) as ended:
        PARSERS[program]().parse_args([*words, option])
    assert ended.value.code == 0
    return capsys.readouterr().out


def section(page: str, title: str) -> list[str]:
    """Return the lines of a section, without those that only go on."""
    match = re.search(rf"^{title}:\n((?: +.*\n)+)", page, re.MULTILINE)
    assert match, f"there is no section {title}"
    return re.findall(r"^  (\S.*)$", match[1], re.MULTILINE)


def test_no_command_is_forgotten() -> None:
    assert [str(one) for one in COMMANDS if one.words[1:2] == ("held",)] == HELD
    assert {one.words[0] for one in COMMANDS} == PARSERS.keys()


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_help_has_all_that_a_person_asks_for(
    command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    page = help_of(command, capsys)
    usage, does = page.split("\n\n")[:2]
    assert usage.startswith(f"usage: {command} [-h]")
    assert re.fullmatch(r"[A-Z].+\.", does, re.DOTALL)
    told = [title for title in SECTIONS if f"\n{title}:\n" in page]
    assert told == (SECTIONS if command in ACTING else [s for s in SECTIONS if s in told])
    assert {"prints", "examples", "exit codes"} <= {*told}
    examples = section(page, "examples")  # whole, so that they can be copied
    lines = [line for line in page.splitlines() if line.strip() not in examples]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_every_example_is_of_the_command_and_would_be_taken(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    examples = section(help_of(command, capsys), "examples")
    assert examples
    for example in examples:
        words = shlex.split(example.partition(" > ")[0])
        while "=" in words[0]:  # a variable
            del words[0]
        assert tuple(words[: len(command.words)]) == command.words
        PARSERS[words[0]]().parse_args(words[1:])


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_every_exit_code_is_told(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    lines = section(help_of(command, capsys), "exit codes")
    codes = {int(line.split()[0]) for line in lines}
    replaced = {REPLACE} if str(command) == "referrals-webhook run" else set()
    assert codes == EXIT_CODES.keys() | replaced


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_every_option_says_what_it_is_and_what_stands_for_it(command: Command) -> None:
    for action in command.parser._actions:  # noqa: SLF001 - told nowhere else
        assert action.help or action.dest in {"command", "action"}, action.dest
        takes_a_value = action.option_strings and action.nargs != 0 and not action.required
        assert not takes_a_value or re.search(r"\(.+\)", action.help or ""), action.dest


@pytest.mark.parametrize("command", [one for one in COMMANDS if len(one.words) == 1], ids=str)
def test_every_program_tells_its_version(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    told = help_of(command, capsys, option="--version")
    assert re.fullmatch(rf"{command} \d+\.\d+\.\d+\n", told)


def test_operators_read_what_every_exit_code_means() -> None:
    told = {int(code): meaning for code, _, meaning in table(OPERATIONS, "Exit codes")}
    assert told.keys() == EXIT_CODES.keys() | {REPLACE}
    assert {told[code].lower() for code in EXIT_CODES} == {*map(str.lower, EXIT_CODES.values())}
