"""What the bench computes, reads and posts."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from functools import partial
from subprocess import PIPE
from typing import TYPE_CHECKING

import attrs
import pytest
import uvloop

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.bench import cpu, reads, tables, transactions
from referrals_sandbox.bench.conversions import UNDER_WAY, Conversions
from referrals_sandbox.bench.figures import Alternated, Slice, cpu_each, cpu_shares
from referrals_sandbox.bench.load import (
    LOAD,
    Meter,
    ask_at,
    ask_for,
    ask_for_and_at_part,
    ask_times,
)
from referrals_sandbox.command_line.parser import parser
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.proxy import leading_to
from tests.neighbours import Neighbour, answering

if TYPE_CHECKING:
    from pathlib import Path

    from referrals_sandbox.bench.load import Ask
    from referrals_sandbox.servers.running import Servers

NOBODY = Meter({})


def slices(*rates: int, seconds: int = 2, cpu: float = 1) -> list[Slice]:
    return [
        Slice(
            done=rate * seconds,
            seconds=seconds,
            latencies=[rate / 1000, rate / 2000],
            latencies_at_part=[rate / 4000, rate / 8000],
            cpu={"http": cpu, LOAD: 0.5},
        )
        for rate in rates
    ]


MEASURED = Alternated(bases=slices(100, 200, 300, 500), slices=slices(75, 125, 600))


def test_a_ratio_is_to_the_mean_of_the_bases_before_and_after() -> None:
    assert MEASURED.ratios == [0.5, 0.5, 1.5]
    assert MEASURED.ratio == 0.5
    assert MEASURED.spread == (0.5, 1.5)


def test_rates_and_latencies_are_medians_of_the_slices() -> None:
    assert (MEASURED.rate, MEASURED.base_rate) == (125, 250)
    assert MEASURED.latency(0.5) == 125 / 2000
    assert MEASURED.latency(0.99) == 125 / 1000
    assert MEASURED.latency_at_part(0.99) == 125 / 4000
    unnoted = Alternated(bases=slices(1, 1), slices=[Slice(done=1, seconds=1)])
    assert (unnoted.latency(0.5), unnoted.latency_at_part(0.5)) == (None, None)


def test_cpu_is_told_for_each_that_was_done_and_as_a_share_of_the_time() -> None:
    measured = slices(100, 300, cpu=0.4)

    assert cpu_each(measured) == {"http": pytest.approx(1000), LOAD: pytest.approx(1250)}
    assert cpu_shares(measured) == {"http": pytest.approx(0.2), LOAD: 0.25}


@pytest.mark.parametrize("bases", [1, 3])
def test_each_slice_stands_between_two_bases(bases: int) -> None:
    with pytest.raises(ValueError, match="between two"):
        Alternated(bases=slices(*[1] * bases), slices=slices(1))


async def test_every_asker_asks_until_the_time_is_up() -> None:
    asked = [0, 0]

    async def ask(number: int) -> None:
        asked[number] += 1
        await asyncio.sleep(0.01)

    measured = await ask_for(0.1, [partial(ask, 0), partial(ask, 1)], NOBODY)

    assert measured.done == sum(asked) == len(measured.latencies)
    assert min(asked) > 1
    assert min(measured.latencies) >= 0.01
    assert 0.1 <= measured.seconds < 0.3


async def test_at_a_part_of_the_most_so_many_are_asked_evenly() -> None:
    asked: list[float] = []

    async def ask() -> None:
        asked.append(asyncio.get_running_loop().time())

    measured = await ask_for_and_at_part(0.1, [ask_slowly(0.01)] * 4, NOBODY)
    latencies = await ask_at(100, 0.2, [ask] * 4)

    assert len(measured.latencies_at_part) == round(0.8 * measured.rate * 0.1)
    assert len(asked) == len(latencies) == 20
    assert max(asked) - min(asked) >= 0.18


async def test_what_nobody_was_free_to_ask_in_time_took_longer_for_that() -> None:
    latencies = await ask_at(100, 0.1, [ask_slowly(0.03)])

    assert len(latencies) == 10
    assert max(latencies) >= 10 * 0.03 - 0.1 + 0.01


def test_nothing_is_asked_before_it_is_due_though_the_loop_knows_no_half_milliseconds() -> None:
    async def ask() -> None:
        pass

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        latencies = runner.run(ask_at(1300, 0.1, [ask] * 4))

    assert len(latencies) == 130
    assert min(latencies) >= 0


def ask_slowly(seconds: float) -> Ask:
    async def ask() -> None:
        await asyncio.sleep(seconds)

    return ask


async def test_a_warm_up_asks_so_many_times_in_all() -> None:
    asked = 0

    async def ask() -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)

    await ask_times(10, [ask, ask, ask])

    assert asked == 10


def test_what_children_spend_counts_while_they_run_and_after() -> None:
    meter, load = Meter({"this": os.getpid()}), NOBODY.read()
    before = meter.read()
    work = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; echo done; read line"
    with subprocess.Popen(work, shell=True, stdin=PIPE, stdout=PIPE) as process:  # noqa: S602 - fixed
        assert process.stdout is not None
        process.stdout.readline()
        running = meter.since(before)["this"]
    ended = meter.since(before)["this"]

    own = NOBODY.since(load)[LOAD]
    assert running > own + 0.02
    assert ended >= running


def test_what_it_costs_to_look_at_processes_is_none_of_the_load() -> None:
    meter = Meter(dict.fromkeys(map(str, range(3000)), os.getpid()))

    before = time.process_time()
    load = meter.since(meter.read())[LOAD]

    assert load < (time.process_time() - before) / 10


def test_a_process_is_pinned_within_the_block() -> None:
    everywhere = os.sched_getaffinity(0)
    with subprocess.Popen(["sleep", "9"]) as process:  # noqa: S607
        with cpu.pinned({process.pid: max(everywhere), os.getpid(): min(everywhere)}):
            inside = os.sched_getaffinity(process.pid), os.sched_getaffinity(0)
        after = os.sched_getaffinity(process.pid), os.sched_getaffinity(0)
        process.kill()

    assert inside == ({max(everywhere)}, {min(everywhere)})
    assert after == (everywhere, everywhere)


def test_one_read_in_a_hundred_is_of_what_nobody_asked_for() -> None:
    requests = reads.Requests.of([("shop", id_) for id_ in ("1", "2", "cold", "colder")], known=2)

    asked = [pb.GetReferralStatusRequest.FromString(requests.next()) for _ in range(200)]

    ids = [one.referral_id for one in asked]
    assert (ids.count("cold"), ids.count("colder")) == (1, 1)
    assert ids.count("1") == ids.count("2") == 99


async def test_reads_are_asked_on_four_connections_and_answers_must_be_right() -> None:
    request = pb.GetReferralStatusRequest(merchant_id="shop", referral_id="r")
    status = pb.REFERRAL_STATUS_COMPLETED
    service = Neighbour(
        "GetReferralStatus",
        pb.GetReferralStatusRequest,
        lambda _: pb.GetReferralStatusResponse(status=status),
    )

    async with (
        answering(service),
        leading_to(service.port) as address,
        reads.statuses(f"127.0.0.1:{address.port}", "secret", request.SerializeToString) as askers,
    ):
        await ask_times(64, askers)
        calls, connections = list(service.calls), len(address.joints)
        status = pb.REFERRAL_STATUS_PENDING
        with pytest.raises(SandboxError, match="PENDING"):
            await askers[0]()
        await service.stop()
        with pytest.raises(SandboxError, match="the connection has ended"):
            await askers[0]()

    assert (len(askers), connections) == (64, 4)
    assert {call.authorization for call in calls} == {"Bearer secret"}
    assert len(calls) == 64


async def test_echoes_must_be_right() -> None:
    service = Neighbour("Echo", pb.GetReferralStatusRequest, lambda request: request)

    async with answering(service), reads.echoes(service.target) as askers:
        await ask_times(64, askers)
        service.reply = lambda _: pb.GetReferralStatusRequest(merchant_id="other")
        with pytest.raises(SandboxError, match="other"):
            await askers[0]()


async def test_a_call_without_an_answer_ends_the_bench_and_tells_what_came_instead() -> None:
    service = Neighbour("Other", pb.GetReferralStatusRequest, lambda request: request)

    async with answering(service), reads.echoes(service.target) as askers:
        with pytest.raises(SandboxError, match=r"not answered.*grpc-status.*12"):
            await askers[0]()


@attrs.define
class Pipeline:
    """What orders wait in; so many get through between two looks."""

    a_look: int
    under_way: int = 0
    most: int = 0

    async def waiting(self) -> int:
        self.under_way -= min(self.under_way, self.a_look)
        return self.under_way

    async def post(self) -> None:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)


async def test_conversions_are_counted_while_no_more_are_under_way_than_may_be() -> None:
    pipeline = Pipeline(a_look=100)
    conversions = Conversions(pipeline.waiting, [pipeline.post] * 8)

    measured = await conversions.run(0.4, NOBODY, ramp=0.1)

    assert pipeline.most == UNDER_WAY
    assert pipeline.under_way == 0
    assert measured.done == pytest.approx(100 * 0.4 / 0.1, rel=0.3)
    assert conversions.begun >= measured.done + UNDER_WAY


PRINTED = """\
number of transactions actually processed: 9000
number of failed transactions: 0 (0.000%)
latency average = 7.101 ms
initial connection time = 41.100 ms
tps = 4500.000000 (without initial connection time)
"""


def test_what_pgbench_prints_is_read() -> None:
    assert transactions.slice_of(PRINTED) == Slice(done=9000, seconds=2)


NOTHING_DONE = "number of transactions actually processed: 0\ntps = 0.0\n"


@pytest.mark.parametrize("output", ["pgbench: error: connection failed", NOTHING_DONE])
def test_a_pgbench_that_fails_is_no_base(output: str) -> None:
    with pytest.raises(SandboxError, match="pgbench failed"):
        transactions.slice_of(output)


async def test_a_server_that_may_lose_commits_is_no_base(servers: Servers, tmp_path: Path) -> None:
    async with tables.opened(servers.database) as opened:
        await opened.connection.execute("SET synchronous_commit = off")
        with pytest.raises(SandboxError, match="synchronous_commit"):
            await transactions.prepare(opened.connection, servers.database, tmp_path)


def test_the_command_line_knows_the_bench() -> None:
    options = parser().parse_args(["bench", "--quick", "--json"])

    assert (options.command, options.quick, options.json) == ("bench", True, True)
    assert not parser().parse_args(["bench"]).quick
