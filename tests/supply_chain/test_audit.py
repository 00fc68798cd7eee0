"""What pip-audit reports is not taken for an all-clear that it is not."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.supply_chain.audit import Verdict, judged

FINE: Final[dict[str, Any]] = {"name": "attrs", "version": "26.1.0", "vulns": []}
BAD: Final[dict[str, Any]] = {
    "name": "anyio",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}],
}
SKIPPED: Final[dict[str, Any]] = {"name": "redis", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("packages", "verdict"),
    [
        ([FINE], Verdict.CLEAN),
        ([FINE, BAD], Verdict.VULNERABLE),
        ([SKIPPED, BAD], Verdict.VULNERABLE),
        ([FINE, SKIPPED], Verdict.UNKNOWN),
        ([], Verdict.UNKNOWN),
    ],
)
def test_all_must_be_known_and_none_vulnerable(
    packages: list[dict[str, Any]], verdict: Verdict
) -> None:
    assert judged({"dependencies": packages})[1] is verdict


def test_what_is_vulnerable_is_named() -> None:
    assert judged({"dependencies": [BAD]})[0] == "anyio 1.0: PYSEC-1, PYSEC-2"


def test_the_verdict_is_the_exit_code() -> None:
    assert [int(one) for one in Verdict] == [0, 1, 2]
