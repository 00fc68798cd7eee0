"""What the bench holds a run against, and what refuses a goal."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from referrals_adapters.system.exits import DONE, FAILED
from referrals_sandbox.bench.document import as_json
from referrals_sandbox.bench.figures import Alternated, Slice
from referrals_sandbox.bench.goals import GOALS, judged
from referrals_sandbox.bench.limits import limits
from referrals_sandbox.bench.page import page_of
from referrals_sandbox.bench.run import checked
from referrals_sandbox.bench.text import as_text
from tests.sandbox.bench_reports import GOOD, WITHOUT_KAFKA, alternated, slices

if TYPE_CHECKING:
    from collections.abc import Mapping


def as_slow(echoes: float, *, late: float = 0.008) -> Alternated:
    """Return reads on a machine on which an echo does so much, and reads 1.3 times that."""
    bases = slices(echoes, echoes)
    return Alternated(bases=bases, slices=slices(1.3 * echoes, late=late))


def test_a_run_that_only_just_meets_every_goal_meets_them() -> None:
    assert [str(one) for one in judged(GOOD) if not one.is_met] == []
    assert len(judged(GOOD)) == len(GOALS) == 20


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"r": alternated(1.19, late=0.001)},
            "R, reads: missed with 1.19 E, the goal is >= 1.2 E",
        ),
        (
            {"r": alternated(1.3, late=0.0081)},
            "R, p99 at 80%: missed with 8.1 ms, the goal is <= 8 ms",
        ),
        ({"w": alternated(1.59)}, "W, webhooks: missed with 1.59 P, the goal is >= 1.6 P"),
        (
            {"w": alternated(1.7, late=0.0081)},
            "W, p99 at 80%: missed with 8.1 ms, the goal is <= 8 ms",
        ),
        ({"c": alternated(0.199)}, "C, conversions: missed with 0.199 P, the goal is >= 0.2 P"),
        (
            {"no_signal": slices(14_999)},
            "orders without a signal: missed with 14,999 /s, the goal is >= 15,000 /s",
        ),
        (
            {"drain": slices(39_999)},
            "relay's drain: missed with 39,999 /s, the goal is >= 40,000 /s",
        ),
        (
            {"drain_kafka": slices(14_999)},
            "drain to a real Kafka: missed with 14,999 /s, the goal is >= 15,000 /s",
        ),
        (
            {"started": {**GOOD.started, "relay": [0.81]}},
            "relay, start: missed with 0.81 s, the goal is <= 0.8 s",
        ),
        (
            {"memory": {**GOOD.memory, "worker": 70.1}},
            "worker, idle memory: missed with 70.1 MB, the goal is <= 70 MB",
        ),
        (
            {"growth_r": alternated(0.89)},
            "R, as referrals grow: missed with 0.89 x, the goal is >= 0.9 x",
        ),
        (
            {"growth_c": alternated(0.89)},
            "C, as referrals grow: missed with 0.89 x, the goal is >= 0.9 x",
        ),
    ],
)
def test_each_goal_that_is_missed_fails_the_check_in_a_line(
    changes: dict[str, Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(attrs.evolve(GOOD, **changes)) == FAILED
    assert capsys.readouterr().err == f"{said}\n"


@pytest.mark.parametrize(
    ("what", "changes", "said"),
    [
        (
            "R, p99 at 80%",
            {"r": as_slow(2825, late=0.016)},
            (
                "refused with 16 ms, the goal is <= 8 ms, "
                "and a bare echo is at 2,825 /s here, not >= 5,650 /s"
            ),
        ),
        (
            "R, p99 at 80%",
            {"r": as_slow(2825, late=0.0161)},
            "missed with 16.1 ms, the goal is <= 8 ms",
        ),
        (
            "R, p99 at 80%",
            {"r": as_slow(5650, late=0.0081)},
            "missed with 8.1 ms, the goal is <= 8 ms",
        ),
        (
            "W, p99 at 80%",
            {"w": alternated(1.7, late=0.02), "bare": slices(20_000, late=0.0081)},
            (
                "refused with 20 ms, the goal is <= 8 ms, "
                "and a bare endpoint is at 8.1 ms here, not <= 8 ms"
            ),
        ),
        (
            "W, p99 at 80%",
            {"w": alternated(1.7, late=0.0203), "bare": slices(20_000, late=0.0081)},
            "missed with 20.3 ms, the goal is <= 8 ms",
        ),
        (
            "W, p99 at 80%",
            {"w": alternated(1.7, late=0.02), "bare": slices(20_000, late=0.008)},
            "missed with 20 ms, the goal is <= 8 ms",
        ),
        (
            "orders without a signal",
            {"no_signal": slices(7_000), "bare": slices(14_000)},
            (
                "refused with 7,000 /s, the goal is >= 15,000 /s, "
                "and a bare endpoint is at 14,000 /s here, not >= 15,000 /s"
            ),
        ),
        (
            "orders without a signal",
            {"no_signal": slices(6_999), "bare": slices(14_000)},
            "missed with 6,999 /s, the goal is >= 15,000 /s",
        ),
        (
            "orders without a signal",
            {"no_signal": slices(14_999), "bare": slices(15_000)},
            "missed with 14,999 /s, the goal is >= 15,000 /s",
        ),
        (
            "relay's drain",
            {"r": as_slow(2825), "drain": slices(20_000)},
            (
                "refused with 20,000 /s, the goal is >= 40,000 /s, "
                "and a bare echo is at 2,825 /s here, not >= 5,650 /s"
            ),
        ),
        (
            "relay's drain",
            {"r": as_slow(2825), "drain": slices(19_999)},
            "missed with 19,999 /s, the goal is >= 40,000 /s",
        ),
        (
            "drain to a real Kafka",
            {"r": as_slow(2825), "drain_kafka": slices(7_499)},
            "missed with 7,499 /s, the goal is >= 15,000 /s",
        ),
        (
            "http, start",
            {"r": as_slow(2825), "started": {**GOOD.started, "http": [1.6]}},
            (
                "refused with 1.6 s, the goal is <= 0.8 s, "
                "and a bare echo is at 2,825 /s here, not >= 5,650 /s"
            ),
        ),
        (
            "http, start",
            {"r": as_slow(2825), "started": {**GOOD.started, "http": [1.61]}},
            "missed with 1.61 s, the goal is <= 0.8 s",
        ),
    ],
)
def test_a_goal_that_nobody_can_meet_here_is_refused_and_says_so(
    what: str, changes: Mapping[str, Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    is_refused = said.startswith("refused")
    report = attrs.evolve(GOOD, **changes)

    assert checked(report) == (DONE if is_refused else FAILED)

    assert capsys.readouterr().err == f"{what}: {said}\n"
    goals = {one["what"]: one for one in json.loads(as_json(report))["goals"]}
    assert (goals[what]["is_met"], goals[what]["is_refused"]) == (False, is_refused)
    html = page_of(report)
    assert ("19 of 20 goals are met; 1 cannot be met on this machine." in html) == is_refused
    assert ('class="verdict fails"' in html) != is_refused


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"r": attrs.evolve(as_slow(2825), slices=slices(1.19 * 2825, late=0.001))},
            "R, reads: missed with 1.19 E, the goal is >= 1.2 E",
        ),
        (
            {"r": as_slow(2825), "memory": {**GOOD.memory, "worker": 70.1}},
            "worker, idle memory: missed with 70.1 MB, the goal is <= 70 MB",
        ),
    ],
)
def test_a_slow_machine_excuses_neither_ratios_nor_memory(
    changes: Mapping[str, Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(attrs.evolve(GOOD, **changes)) == FAILED
    assert capsys.readouterr().err == f"{said}\n"


def test_a_goal_that_was_not_measured_fails_the_check_and_says_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = "drain to a real Kafka: not measured, because none is < here"

    assert checked(WITHOUT_KAFKA) == FAILED

    assert capsys.readouterr().err == f"{said}\n"
    assert f"{said}." in limits(WITHOUT_KAFKA)
    assert re.search(
        r"^drain to a real Kafka .* not measured, because", as_text(WITHOUT_KAFKA), re.MULTILINE
    )


def test_too_few_answers_for_a_percentile_are_no_percentile() -> None:
    unnoted = Alternated(bases=slices(1, 1), slices=[Slice(done=4, seconds=2)])

    said = [str(one) for one in judged(attrs.evolve(GOOD, r=unnoted)) if not one.is_met]

    assert said == ["R, p99 at 80%: not measured, because too little was done"]


def test_a_run_that_meets_every_goal_passes_the_check_in_silence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert checked(GOOD) == DONE
    assert capsys.readouterr().err == ""
