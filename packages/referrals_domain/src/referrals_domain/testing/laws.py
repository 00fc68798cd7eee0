"""
A plugin of pytest: where a suite fails, it says which law was broken, and by which values.

Whoever has the distribution and pytest has it; there is nothing to switch on.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

_SUITES: Final = "referrals_domain.testing.contracts"

pytest.register_assert_rewrite(_SUITES)  # else a failing suite shows no values


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the law to the report of a failure."""
    report = yield
    broken = _law(item)
    if report.failed and broken:
        report.sections.append(("The broken law", broken))
    return report


def _law(item: pytest.Item) -> str | None:
    """Return the law that a test asks about, below the promise of its suite."""
    if not isinstance(item, pytest.Function) or not item.cls:
        return None
    for suite in inspect.getmro(item.cls):
        if item.originalname in vars(suite) and suite.__module__.startswith(f"{_SUITES}."):
            promise, *_ = inspect.cleandoc(suite.__doc__ or "").splitlines()
            law = item.originalname.removeprefix("test_").replace("_", " ")
            return f"{suite.__name__}: {promise}\n{law[:1].upper()}{law[1:]}."
    return None
