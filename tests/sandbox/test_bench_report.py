"""What the bench tells of a run, to people and to programs."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from platform import python_version
from typing import Any

import attrs
import pytest

from referrals_sandbox.bench import memory
from referrals_sandbox.bench.document import as_json
from referrals_sandbox.bench.footprint import ROLES, footprint
from referrals_sandbox.bench.goals import GOALS
from referrals_sandbox.bench.limits import limits
from referrals_sandbox.bench.load import LOAD
from referrals_sandbox.bench.page import page_of
from referrals_sandbox.bench.roles import roles_of
from referrals_sandbox.bench.text import as_text
from referrals_sandbox.command_line.parser import parser
from referrals_sandbox.composition.running import running
from tests.sandbox.bench_reports import GOOD, MEASURED, WITHOUT_KAFKA, alternated, slices


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
