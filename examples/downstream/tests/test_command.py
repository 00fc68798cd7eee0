"""The command: what it prints, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from best_advocates.__main__ import main

ANSWERS = Path(__file__).with_name("answers.jsonl")
ACME = ("--merchant", "acme", "--now", "2026-11-26T00:00Z")


def test_the_report_has_the_best_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ACME, str(ANSWERS)]) == 0
    title, _, *rows = capsys.readouterr().out.splitlines()
    assert title == "Best advocates of acme, 2026-10-27 to 2026-11-26"
    assert [row.split() for row in rows] == [
        ["7001", "12", "6", "25.4%"],
        ["7003", "1", "1", "20.7%"],
        ["7002", "4", "1", "4.6%"],
    ]


def test_no_more_are_printed_than_are_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ACME, "--first", "1", str(ANSWERS)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_a_merchant_without_conversions_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--merchant", "other", str(ANSWERS)]) == 0
    assert "Nobody's shares have completed." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"[]\n", "line 2 is no answer"),
        (b'{"referrals": [{}]}\n', "line 2 is no answer"),
        (b'{"referrals": ["one"]}\n', "line 2 is no answer"),
        (b"\xff\n", "utf-8"),
    ],
)
def test_what_cannot_be_read_ends_it_with_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: bytes, why: str
) -> None:
    spoilt = tmp_path / "answers.jsonl"
    spoilt.write_bytes(b"{}\n" + line)
    assert main([*ACME, str(spoilt)]) == 1
    told = capsys.readouterr()
    assert not told.out
    assert why in told.err


def test_a_missing_file_ends_it_with_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ACME, str(tmp_path / "none")]) == 1
    assert "No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [
        [str(ANSWERS)],
        [*ACME],
        ["--merchant", "a:b", str(ANSWERS)],
        [*ACME, "--days", "0", str(ANSWERS)],
        [*ACME, "--now", "soon", str(ANSWERS)],
    ],
)
def test_a_wrong_command_line_ends_it_with_2(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == 2


def test_the_help_tells_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert "exit codes:\n  0  the report" in capsys.readouterr().out
