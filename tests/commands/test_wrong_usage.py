"""What a command cannot read it tells in one line, with what was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands.programs import COMMANDS, PARSERS

if TYPE_CHECKING:
    from tests.commands.programs import Command


def refused(capsys: pytest.CaptureFixture[str], program: str, *words: str) -> str:
    """Return the one line that a program says of words that it refuses."""
    with pytest.raises(SystemExit) as ended:
        PARSERS[program]().parse_args(words)
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    return said.err.rstrip("\n")


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_of_a_misspelt_option_the_near_one_is_named(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    for option in command.options:
        misspelt = option[:-2] + option[-1] + option[-2] + "s"
        said = refused(capsys, *command.words, misspelt)
        named = f"there is no option {misspelt} (did you mean {option}?)"
        assert said == f"{command}: {named}; see {command} --help"


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.parser.commands], ids=str)
def test_of_a_misspelt_command_the_near_one_is_named(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in command.parser.commands:
        said = refused(capsys, *command.words, f"{name}x")
        assert f" {name}x is none of " in said
        assert said.endswith(f"(did you mean {name}?); see {command} --help")


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_what_resembles_nothing_is_refused(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["--qqq"], ["--qqq=1", "--json"]):
        said = refused(capsys, *command.words, *words)
        assert said == f"{command}: there is no option --qqq; see {command} --help"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("referrals-webhook", "the following arguments are required: COMMAND"),
        ("referrals-webhook migrate now", "unexpected: now"),
        ("referrals-webhook run --role", "argument --role: expected one argument"),
        (
            "referrals-webhook run --role htp",
            "argument --role: htp is none of http, worker, relay, reconcile (did you mean http?)",
        ),
        ("referrals-grpc", "the following arguments are required: COMMAND"),
        (
            "referrals-grpc run --processes 0",
            "argument --processes: '0' is not a number from 1 to 1024",
        ),
        ("referrals-sandbox post", "the following arguments are required: FILE"),
        (
            "referrals-sandbox load --in 1m",
            "argument --in: '1m' is not a number from 1 to 86400",
        ),
        (
            "referrals-sandbox load --conversion 7",
            "argument --conversion: '7' is not above 0 and up to 0.5",
        ),
        # An abbreviation that works today would name another option tomorrow.
        (
            "referrals-sandbox load --share 3",
            "there is no option --share (did you mean --shares?)",
        ),
    ],
)
def test_a_wrong_use_is_one_line(
    words: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, *words.split())
    assert f": {line}; see " in said
