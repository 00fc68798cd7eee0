"""What was found of the cache is counted and told as nines; what stays wrong is an alarm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import attrs
import pytest

from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.model.consistency import Consistency
from referrals_domain.testing import builders
from referrals_domain.use_cases.check_statuses import Finding
from referrals_webhook.nines import Nines
from tests.logged import written

KEY: Final = builders.referral().key
EMPTY, FRESH, STALE, CORRUPT = Consistency


@attrs.define
class Found:
    """Finds the same each time."""

    lag: timedelta
    consistencies: Sequence[Consistency]

    async def __call__(self, limit: int) -> Sequence[Finding]:
        return [Finding(KEY, self.lag, one) for one in self.consistencies][:limit]


async def nines(lag: int, *found: Consistency, times: int = 1) -> Metrics:
    metrics = Metrics()
    step = Nines(Found(timedelta(seconds=lag), found), 100, metrics)  # type: ignore[arg-type]
    for _ in range(times):
        assert await step() == 0
    return metrics


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


async def test_findings_are_counted_by_lag_and_outcome() -> None:
    metrics = await nines(10, FRESH, FRESH, EMPTY, STALE)
    counts = [
        value(metrics, "referrals_cache_checks_total", lag="10", outcome=outcome)
        for outcome in ("fresh", "empty", "stale", "corrupt")
    ]
    assert counts == [2, 1, 1, None]


@pytest.mark.parametrize(
    ("found", "times", "expected"),
    [
        ((FRESH,), 1, 0.0),
        ((FRESH,), 100, 2.0),
        ((FRESH, EMPTY), 500, 3.0),
        ((FRESH,) * 9 + (STALE,), 1, 1.0),
        ((FRESH,) * 9 + (CORRUPT,), 7, 1.0),
        ((STALE,), 5, 0.0),
    ],
)
async def test_the_nines_are_those_of_all_checks_so_far(
    found: tuple[Consistency, ...], times: int, expected: float
) -> None:
    metrics = await nines(60, *found, times=times)
    assert value(metrics, "referrals_cache_nines", lag="60") == pytest.approx(expected)


async def test_without_a_check_there_are_no_nines() -> None:
    assert value(await nines(60), "referrals_cache_nines", lag="60") is None


@pytest.mark.parametrize(("lag", "found"), [(60, STALE), (60, CORRUPT), (1, CORRUPT)])
async def test_what_nobody_else_mends_is_an_alarm(
    lag: int, found: Consistency, caplog: pytest.LogCaptureFixture
) -> None:
    await nines(lag, FRESH, found)
    alarm = {
        "level": "error",
        "event": "the cache told a wrong status",
        "outcome": found.value,
        "referral_id": KEY.referral_id,
        "seconds": lag,
    }
    assert written(caplog.records) == [alarm]


@pytest.mark.parametrize(("lag", "found"), [(1, STALE), (10, STALE), (60, FRESH), (60, EMPTY)])
async def test_what_is_right_or_will_be_is_none(
    lag: int, found: Consistency, caplog: pytest.LogCaptureFixture
) -> None:
    await nines(lag, found)
    assert not caplog.records
