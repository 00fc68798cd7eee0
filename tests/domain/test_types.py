"""A type checker holds the public API of the domain to its word."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mypy import api

from referrals_domain.testing.layering.public import PARTS

if TYPE_CHECKING:
    import pytest

ROOT: Final = Path(__file__).resolve().parents[2]


def test_the_public_api_has_the_types_that_it_promises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # mypy reads its settings, and finds the packages, from here
    report, errors, status = api.run(["typing_tests"])
    assert (errors, status) == ("", 0), report


def test_a_broken_promise_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    broken = tmp_path / "broken.py"
    broken.write_text(
        "from typing import assert_type\n"
        "from referrals_domain.model.money import Money\n"
        'assert_type(Money(1, "EUR").minor, str)\n',
        encoding="utf-8",
    )
    report, _, status = api.run([str(broken)])
    assert status == 1
    assert "[assert-type]" in report


def test_no_use_case_is_left_out() -> None:
    use_cases = {
        f"referrals_domain.use_cases.{file.stem}"
        for file in (ROOT / "packages/referrals_domain/src/referrals_domain/use_cases").glob(
            "*.py"
        )
        if file.stem != "__init__"
    }
    promised = {
        node.module
        for file in (ROOT / "typing_tests").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom)
    }
    assert use_cases - PARTS <= promised
