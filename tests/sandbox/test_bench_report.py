"""What the bench tells of a run, to people and to programs, and what it holds against goals."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from platform import python_version
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from referrals_adapters.system.exits import DONE, FAILED
from referrals_sandbox.bench import memory
from referrals_sandbox.bench.document import as_json
from referrals_sandbox.bench.figures import Alternated, Slice
from referrals_sandbox.bench.footprint import ROLES, footprint
from referrals_sandbox.bench.goals import GOALS, judged
from referrals_sandbox.bench.limits import limits
from referrals_sandbox.bench.load import LOAD
from referrals_sandbox.bench.page import page_of
from referrals_sandbox.bench.report import Report
from referrals_sandbox.bench.roles import roles_of
from referrals_sandbox.bench.run import checked
from referrals_sandbox.bench.text import as_text
from referrals_sandbox.command_line.parser import parser
from referrals_sandbox.composition.running import running

if TYPE_CHECKING:
    from collections.abc import Mapping


ECHOES: Final = 5_700.0  # a second: a little more than where the plain goals were set


def slices(
    *rates: float, load: float = 0.5, late: float = 0.007, cpu: Mapping[str, float] | None = None
) -> list[Slice]:
    """Return slices of two seconds, in which each process spends so many seconds of CPU."""
    return [
        Slice(
            done=round(2 * rate),
            seconds=2,
            latencies=[rate / 1000, rate / 2000],
            latencies_at_part=[late, late / 2],
            cpu={"http": 1.0, "core": 0.25, LOAD: load} if cpu is None else cpu,
        )
        for rate in rates
    ]


def alternated(*ratios: float, late: float = 0.007) -> Alternated:
    bases = slices(*[ECHOES] * (len(ratios) + 1))
    return Alternated(bases=bases, slices=slices(*(ECHOES * one for one in ratios), late=late))


def as_slow(echoes: float, *, late: float = 0.008) -> Alternated:
    """Return reads on a machine on which an echo does so much, and reads 1.3 times that."""
    bases = slices(echoes, echoes)
    return Alternated(bases=bases, slices=slices(1.3 * echoes, late=late))


MEASURED = Alternated(bases=slices(100, 200, 300, 500), slices=slices(75, 125, 600))
GOOD = Report(
    r=alternated(1.19, 1.2, 1.2, 1.21, 1.3, late=0.008),
    w=alternated(1.59, 1.6, 1.6, 1.7, 1.7, late=0.008),
    c=alternated(0.19, 0.2, 0.2, 0.21, 0.3),
    bare=slices(20_000, late=0.008),
    no_signal=slices(14_999, 15_000, 15_001),
    drain=slices(40_000),
    drain_kafka=slices(15_000),
    growth_r=alternated(0.9),
    growth_c=alternated(0.9),
    started={role: [0.9, 0.7, 0.8, 0.8, 0.8] for role in ROLES},
    memory=dict.fromkeys(ROLES, 70.0),
    resident=dict.fromkeys(ROLES, 90.0),
    libraries=65.4,
    peak={"grpc": 91.5, "http-1": 80.5, "http-2": 82.5},
    elsewhere=["kafka"],
    machine_load=0.5,
    left_out={},
)
"""A run that meets every goal, and none by more than it has to."""

WITHOUT_KAFKA = attrs.evolve(GOOD, drain_kafka=None, left_out={"drain_kafka": "none is < here"})


def test_a_report_tells_programs_and_people_the_same() -> None:
    report = attrs.evolve(GOOD, r=MEASURED, w=MEASURED, c=MEASURED)

    told, text = json.loads(as_json(report)), as_text(report)

    assert (told["R"]["base"], told["W"]["base"], told["C"]["base"]) == ("E", "P", "P")
    assert told["C"]["ratio"] == 0.5
    assert told["C"]["ratios"] == [0.5, 0.5, 1.5]
    assert (told["R"]["p50_ms"], told["R"]["p99_ms"]) == (62.5, 125)
    assert (told["R"]["p99_ms_at_part"], told["R"]["part"]) == (7.0, 0.8)
    assert told["python"] == python_version()
    assert f"CPython {python_version()}, load average before 0.50" in text
    assert told["no_signal"]["rates"] == [14_999, 15_000, 15_001]
    assert (told["bare_p99_ms_at_part"], told["echo_p99_ms_at_part"]) == ([8], [7] * 4)
    assert told["libraries_memory_mb"] == 65.4
    assert told["resident_memory_mb"]["grpc"] == 90
    assert "grpc 90, http 90, worker 90, relay 90, reconcile 90 MB." in text
    assert "makes 65 MB, with nothing of ours" in text
    assert (told["started_seconds"]["grpc"], told["memory_mb"]["grpc"]) == (
        [0.9, 0.7, *[0.8] * 3],
        70,
    )
    assert told["could_not_measure"] == limits(report)
    assert (
        "R    0.500 E    0.500    1.500         125     250      62.5     125.0       7.0" in text
    )
    assert all(f"- {one}" in text.splitlines() for one in limits(report))


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


@pytest.mark.parametrize(
    "changes", [{"drain": None}, {"left_out": {"drain": "no"}}, {"growth_r": None, "left_out": {}}]
)
def test_what_was_left_out_and_nothing_else_has_a_reason(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="reasons for"):
        attrs.evolve(GOOD, **changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"elsewhere": []}, "librdkafka's mock"),
        ({"elsewhere": ["postgres"]}, "The CPU of postgres is not counted"),
        ({"machine_load": 99.0}, "its load average was 99.00"),
        (
            {"w": attrs.evolve(GOOD.w, slices=slices(*[1600] * 5, load=1.62))},
            "W: the load took 81%",
        ),
        ({"c": alternated(0.2, 0.2)}, "rounds 2, starts of a role 5"),
        ({"started": {**GOOD.started, "grpc": [0.8]}}, "rounds 5, starts of a role 1"),
    ],
)
def test_what_may_have_bent_the_figures_is_told(changes: dict[str, Any], said: str) -> None:
    assert not any(said in one for one in limits(GOOD))
    assert any(said in one for one in limits(attrs.evolve(GOOD, **changes)))


def test_a_load_of_less_than_most_of_a_cpu_is_not_told() -> None:
    bearable = attrs.evolve(GOOD.w, slices=slices(*[1600] * 5, load=1.58))

    assert limits(attrs.evolve(GOOD, w=bearable)) == limits(GOOD)


def test_each_role_has_its_cpu_with_that_of_its_replicas_and_the_most_memory_of_one() -> None:
    cpu = {"http-1": 1.0, "http-2": 0.5, "grpc": 0.0, LOAD: 0.5}
    measured = attrs.evolve(GOOD.w, slices=slices(*[1600] * 5, cpu=cpu))

    roles = {role.name: role for role in roles_of(attrs.evolve(GOOD, w=measured))}

    assert [*roles] == [*ROLES]
    assert roles["http"].cpu["W"] == pytest.approx(1.5e6 / 3200)
    assert "W" not in roles["grpc"].cpu
    assert (roles["http"].peak, roles["worker"].peak) == (82.5, None)
    assert (roles["http"].ready, roles["http"].idle) == (0.8, 70)


def test_what_all_roles_of_ours_spend_on_a_conversion_is_told_beside_the_stand_ins() -> None:
    told = json.loads(as_json(GOOD))["C"]["cpu_microseconds_by_party"]

    conversions = sum(one.done for one in GOOD.c.slices)
    assert told["our roles"] == round(5e6 / conversions, 1)
    assert told["stand-ins"] == round(5 * 0.25e6 / conversions, 1)
    all_ours = rf"^our roles, all +{5e6 / conversions:.0f}$"
    assert len(re.findall(all_ours, as_text(GOOD), re.MULTILINE)) == 1


def test_the_page_loads_nothing_and_shows_every_goal_and_slice() -> None:
    html = page_of(WITHOUT_KAFKA)

    assert not re.search(r"(src|href)=|url\(|@import|<script", html)
    assert all(goal.what.replace("'", "&#x27;") in html for goal in GOALS)
    assert "19 of 20 goals are met." in html
    assert 'class="verdict fails"' in html
    assert 'class="verdict">20 of 20' in page_of(GOOD)
    assert html.count('class="beside"') == 3 * 6 + 2 * 2
    assert "not measured, because none is &lt; here" in html


def test_the_page_draws_the_cpu_of_each_process_in_a_colour_of_its_own() -> None:
    html = page_of(GOOD)

    colours = dict(re.findall(r"^\.([\w-]+) { fill: (hsl.*?);", html, re.MULTILINE))
    assert {*colours} == {"http", "core", LOAD}
    assert len({*colours.values()}) == 3
    assert all(html.count(f'<rect class="{kind}"') == 5 for kind in colours)  # E, R, P, W and C


PROGRAM = """
import subprocess, sys
big = b"x" * 64_000_000
del big
grown = "big = b'x' * 30_000_000; print(flush=True); input()"
argv = [sys.executable, "-S", "-c", grown]
with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
    child.stdout.readline()
    print(flush=True)
    input()
    child.stdin.write(b"end\\n")
"""


def test_memory_is_that_of_a_process_and_its_children_and_the_most_it_ever_was() -> None:
    argv = [sys.executable, "-S", "-c", PROGRAM]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - this very interpreter
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        now, most = memory.resident(process.pid), memory.peak(process.pid)
        proportional = memory.proportional(process.pid)
        process.stdin.write(b"end\n")

    assert 38 < now < 64
    assert 30 < proportional < now
    assert 102 < most < 140
    assert memory.resident(process.pid) == 0


@pytest.mark.long
@pytest.mark.timeout(240)  # it takes 20 s; the machine may be busy
def test_every_role_of_a_real_sandbox_is_started_so_often_and_measured_at_rest() -> None:
    with running() as sandbox:
        sandbox.webhook_service.process.stop()
        before = sandbox.grpc_service.process.pid

        found = asyncio.run(footprint(sandbox, starts=2))

        assert {role: len(every) for role, every in found.started.items()} == dict.fromkeys(
            ROLES, 2
        )
        assert all(0.1 < one < 30 for every in found.started.values() for one in every)
        assert all(20 < one < 300 for one in found.memory.values())
        assert all(found.memory[role] < found.resident[role] for role in ROLES)
        assert 20 < found.libraries < found.resident["grpc"]
        assert sandbox.grpc_service.process.pid != before
        assert sandbox.grpc_service.process.exit_code is None
        ended = [
            one for one in sandbox.servers.supervisor.children() if "webhook" in one.command.name
        ]
        assert len(ended) == 1 + len(ROLES[1:])
        assert all(one.exit_code == 0 for one in ended)


def test_the_command_line_knows_the_check_and_the_page() -> None:
    options = parser().parse_args(["bench", "--check", "--report", "bench.html"])

    assert (options.check, str(options.report)) == (True, "bench.html")
    assert (parser().parse_args(["bench"]).check, parser().parse_args(["bench"]).report) == (
        False,
        None,
    )
