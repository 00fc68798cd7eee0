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
from referrals_sandbox.bench.footprint import footprint
from referrals_sandbox.bench.goals import judged
from referrals_sandbox.bench.measuring import Bench
from referrals_sandbox.bench.memory import peak
from referrals_sandbox.bench.page import page_of
from referrals_sandbox.bench.plan import FULL, QUICK
from referrals_sandbox.bench.report import Report
from referrals_sandbox.bench.stage import Stage
from referrals_sandbox.bench.text import as_text
from referrals_sandbox.composition.running import running
from referrals_sandbox.composition.shops import open_shops
from referrals_sandbox.composition.wishes import Wishes
from referrals_sandbox.pages.file import require_folder, write
from referrals_sandbox.servers.errors import first_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection

    from referrals_sandbox.bench.plan import Plan
    from referrals_sandbox.composition.sandbox import Sandbox
    from referrals_sandbox.servers.running import Servers

_NOT_YET: Final = ("no_signal", "drain", "drain_kafka", "growth_r", "growth_c")


def bench(options: argparse.Namespace) -> int:
    """
    Do it, and return the exit code.

    Raises:
        SandboxError: Something is missing, does not come up, or answers wrong.
    """
    require_folder(options.report)
    with running(Wishes(settings=os.environ)) as sandbox:
        try:
            report = uvloop.run(_measure(sandbox, QUICK if options.quick else FULL))
        except ExceptionGroup as group:  # of the tasks that make the load
            raise first_of(group) from group
    print(as_json(report) if options.json else as_text(report))
    if options.report:
        write(options.report, page_of(report))
    return checked(report) if options.check else DONE


def checked(report: Report) -> int:
    """Tell which goals are missed, or were not measured, and return the exit code."""
    missed = [verdict for verdict in judged(report) if not verdict.is_met]
    for verdict in missed:
        print(verdict, file=sys.stderr)
    return FAILED if missed else DONE


async def _measure(sandbox: Sandbox, plan: Plan) -> Report:
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
        await bench.stage.start("worker", "relay")
        c = await bench.conversions(pgbench)
        ours = {"grpc": sandbox.grpc_service.process, **bench.stage.roles}
        most = {name: peak(child.pid) for name, child in ours.items()}
    return Report(
        r=r,
        w=w,
        c=c,
        no_signal=None,
        drain=None,
        drain_kafka=None,
        growth_r=None,
        growth_c=None,
        started=idle.started,
        memory=idle.memory,
        peak=most,
        elsewhere=_elsewhere(sandbox.servers),
        machine_load=load_average,
        left_out=dict.fromkeys(_NOT_YET, "this bench has no measurement of it"),
    )


def _elsewhere(servers: Servers) -> Collection[str]:
    """Return which servers the environment names, so that they are no processes of ours."""
    processes = {
        "postgres": servers.database.process,
        "redis": servers.redis.process,
        "kafka": servers.kafka.process,
    }
    return [name for name, process in processes.items() if process is None]
