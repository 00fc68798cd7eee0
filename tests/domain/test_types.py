"""A type checker holds the public API of the domain to its word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from mypy import api

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
