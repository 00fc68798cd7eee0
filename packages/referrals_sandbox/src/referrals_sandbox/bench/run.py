"""The command `bench`: reads, webhooks and conversions, each between slices of its base."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvloop

from referrals_adapters.system.exits import DONE, FAILED
from referrals_sandbox.bench import tables, transactions
from referrals_sandbox.bench.document import as_json
from referrals_sandbox.bench.drain import drained
from referrals_sandbox.bench.footprint import footprint
from referrals_sandbox.bench.goals import judged
from referrals_sandbox.bench.growth import growth
from referrals_sandbox.bench.measuring import Bench
from referrals_sandbox.bench.memory import peak
from referrals_sandbox.bench.no_signal import no_signal
from referrals_sandbox.bench.page import page_of
from referrals_sandbox.bench.plan import FULL, QUICK
from referrals_sandbox.bench.report import Report
from referrals_sandbox.bench.stage import Stage
from referrals_sandbox.bench.text import as_text
from referrals_sandbox.composition.running import running
from referrals_sandbox.composition.shops import open_shops
from referrals_sandbox.composition.wishes import Wishes
from referrals_sandbox.ending import run
from referrals_sandbox.pages.file import require_folder, write
from referrals_sandbox.servers.errors import first_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection

    from referrals_sandbox.bench.plan import Plan
    from referrals_sandbox.composition.sandbox import Sandbox
    from referrals_sandbox.servers.running import Servers

_BROKER: Final = "KAFKA_BROKER"
_NO_KAFKA: Final = f"{_BROKER} names none"


def bench(options: argparse.Namespace) -> int:
    """
    Do it, and return the exit code.

    A broker that the environment names is a real Kafka for the relay's drain; everything else
    has the sandbox's own, so that runs with and without compare.

    Raises:
        SandboxError: Something is missing, does not come up, or answers wrong.
    """
    require_folder(options.report)
    others = {name: value for name, value in os.environ.items() if name != _BROKER}
    with running(Wishes(settings=others)) as sandbox:
        plan = QUICK if options.quick else FULL
        try:
            report = run(
                _measure(sandbox, plan, kafka=os.environ.get(_BROKER)),
                loop_factory=uvloop.new_event_loop,
            )
        except ExceptionGroup as group:  # of the tasks that make the load
            raise first_of(group) from group
    print(as_json(report) if options.json else as_text(report))
    if options.report:
        write(options.report, page_of(report))
    return checked(report) if options.check else DONE


def checked(report: Report) -> int:
    """Tell which goals are missed, refused, or not measured, and return the exit code."""
    unmet = [verdict for verdict in judged(report) if not verdict.is_met]
    for verdict in unmet:
        print(verdict, file=sys.stderr)
    return DONE if all(verdict.passes for verdict in unmet) else FAILED


async def _measure(sandbox: Sandbox, plan: Plan, *, kafka: str | None) -> Report:
    """
    Measure everything.

    Raises:
        SandboxError: Something does not come up, or answers wrong.
    """
    load_average = os.getloadavg()[0]
    await asyncio.to_thread(sandbox.webhook_service.process.stop)
    links = await asyncio.to_thread(open_shops, sandbox)
    async with tables.opened(sandbox.servers.database) as opened:
        idle = await footprint(sandbox, starts=plan.starts)
        bench = Bench(plan=plan, stage=Stage(sandbox=sandbox), links=links, tables=opened)
        r = await bench.reads()
        pgbench = await transactions.prepare(
            opened.connection, sandbox.servers.database, Path(sandbox.work_dir)
        )
        await bench.stage.start("http")
        w = await bench.webhooks(pgbench)
        bare = await bench.bare()
        signalless = await no_signal(bench.stage, links, opened.connection, plan)
        await bench.stage.start("worker", "relay")
        c = await bench.conversions(pgbench)
        ours = {"grpc": sandbox.grpc_service.process, **bench.stage.roles}
        most = {name: peak(child.pid) for name, child in ours.items()}
        await bench.stage.stop()
        grown = await growth(sandbox, opened.connection, plan)
        await asyncio.to_thread(_stop_consumers, sandbox)
        drain, drain_kafka = [
            await drained(bench.stage, links, opened.connection, broker, plan.events)
            if broker
            else None
            for broker in (sandbox.servers.kafka.address, kafka)
        ]
    return Report(
        r=r,
        w=w,
        c=c,
        bare=bare,
        no_signal=signalless,
        drain=drain,
        drain_kafka=drain_kafka,
        growth_r=grown.r,
        growth_c=grown.c,
        started=idle.started,
        memory=idle.memory,
        resident=idle.resident,
        libraries=idle.libraries,
        peak=most,
        elsewhere=_elsewhere(sandbox.servers),
        machine_load=load_average,
        left_out={} if kafka else {"drain_kafka": _NO_KAFKA},
    )


def _stop_consumers(sandbox: Sandbox) -> None:
    """Have nobody read what the relay drains."""
    neighbours = sandbox.neighbours
    for one in (neighbours.points, neighbours.rfm_analytics, neighbours.admincore):
        one.process.stop()


def _elsewhere(servers: Servers) -> Collection[str]:
    """Return which servers the environment names, so that they are no processes of ours."""
    processes = {
        "postgres": servers.database.process,
        "redis": servers.redis.process,
        "kafka": servers.kafka.process,
    }
    return [name for name, process in processes.items() if process is None]
