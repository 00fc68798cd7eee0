"""What the bench tells of a run, to people and to programs, and what it holds against goals."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from referrals_sandbox.bench.document import as_json
from referrals_sandbox.bench.figures import Alternated, Slice
from referrals_sandbox.bench.footprint import ROLES
from referrals_sandbox.bench.load import LOAD
from referrals_sandbox.bench.report import Report
from referrals_sandbox.bench.text import as_text


def slices(*rates: int, load: float = 0.5) -> list[Slice]:
    return [
        Slice(
            done=rate * 2,
            seconds=2,
            latencies=[rate / 1000, rate / 2000],
            latencies_at_part=[rate / 4000, rate / 8000],
            cpu={"http": 1, "core": 0.25, LOAD: load},
        )
        for rate in rates
    ]


MEASURED = Alternated(bases=slices(100, 200, 300, 500), slices=slices(75, 125, 600))
REPORT = Report(
    r=MEASURED,
    w=MEASURED,
    c=MEASURED,
    no_signal=slices(14_999, 15_001, 14_998),
    drain=slices(40_000),
    drain_kafka=None,
    growth_r=MEASURED,
    growth_c=MEASURED,
    started={role: [0.9, 0.7, 0.8] for role in ROLES},
    memory=dict.fromkeys(ROLES, 70.1),
    peak={"grpc": 91.5},
    elsewhere=[],
    machine_load=0.5,
    left_out={"drain_kafka": "there is none"},
)


def test_a_report_tells_programs_and_people_the_same() -> None:
    told = json.loads(as_json(REPORT))

    assert (told["R"]["base"], told["W"]["base"], told["C"]["base"]) == ("E", "P", "P")
    assert told["C"]["ratio"] == 0.5
    assert told["C"]["ratios"] == [0.5, 0.5, 1.5]
    assert (told["R"]["p50_ms"], told["R"]["p99_ms"]) == (62.5, 125)
    assert (told["R"]["p99_ms_at_part"], told["R"]["part"]) == (31.25, 0.8)
    assert "R    0.500 E    0.500    1.500         125     250      62.5     125.0      31.2" in (
        as_text(REPORT)
    )


@pytest.mark.parametrize(("share", "is_told"), [(0.79, False), (0.81, True)])
def test_a_load_that_may_hold_things_up_is_told(share: float, *, is_told: bool) -> None:
    busy = slices(1, 1, 1, load=share * 2)
    measured = Alternated(bases=busy[:2], slices=busy[2:])

    report = attrs.evolve(REPORT, r=measured, w=measured, c=measured)

    assert ("may be what holds this up" in as_text(report)) is is_told


@pytest.mark.parametrize(
    "changes", [{"drain": None}, {"left_out": {}}, {"drain_kafka": slices(1)}]
)
def test_what_was_left_out_and_nothing_else_has_a_reason(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="reasons for"):
        attrs.evolve(REPORT, **changes)
