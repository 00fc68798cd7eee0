"""The command `bench`: reads, webhooks and conversions, each between slices of its base."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from referrals_sandbox.bench import tables, transactions
from referrals_sandbox.bench.measuring import Bench
from referrals_sandbox.bench.plan import FULL, QUICK
from referrals_sandbox.bench.report import Report
from referrals_sandbox.bench.stage import Stage
from referrals_sandbox.composition.running import running
from referrals_sandbox.composition.shops import open_shops
from referrals_sandbox.composition.wishes import Wishes
from referrals_sandbox.servers.errors import first_of

if TYPE_CHECKING:
    import argparse

    from referrals_sandbox.bench.plan import Plan
    from referrals_sandbox.composition.sandbox import Sandbox


def bench(options: argparse.Namespace) -> int:
    """
    Do it, and return the exit code.

    Raises:
        SandboxError: Something is missing, does not come up, or answers wrong.
    """
    with running(Wishes(settings=os.environ)) as sandbox:
        try:
            report = uvloop.run(_measure(sandbox, QUICK if options.quick else FULL))
        except ExceptionGroup as group:  # of the tasks that make the load
            raise first_of(group) from group
    print(report.as_json() if options.json else report.as_text())
    return 0


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
        bench = Bench(plan=plan, stage=Stage(sandbox=sandbox), links=links, tables=opened)
        r = await bench.reads()
        pgbench = await transactions.prepare(
            opened.connection, sandbox.servers.database, Path(sandbox.work_dir)
        )
        await bench.stage.start("http")
        w = await bench.webhooks(pgbench)
        await bench.stage.start("worker", "relay")
        c = await bench.conversions(pgbench)
    return Report(r=r, w=w, c=c, machine_load=load_average)
