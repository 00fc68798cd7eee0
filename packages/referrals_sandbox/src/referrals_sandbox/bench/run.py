"""The command `bench`: reads, webhooks and conversions, each between slices of its base."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from referrals_sandbox.bench import cpu, database, echo, reads, transactions, webhooks
from referrals_sandbox.bench.conversions import Conversions
from referrals_sandbox.bench.database import Database
from referrals_sandbox.bench.load import Meter, ask_for, ask_times
from referrals_sandbox.bench.report import Report
from referrals_sandbox.bench.rounds import alternated
from referrals_sandbox.bench.stage import Stage
from referrals_sandbox.composition.running import running
from referrals_sandbox.composition.shops import Link, open_shops
from referrals_sandbox.composition.wishes import Wishes
from referrals_sandbox.servers.errors import SandboxError, first_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from referrals_sandbox.bench.figures import Alternated
    from referrals_sandbox.bench.load import Ask
    from referrals_sandbox.bench.transactions import Transactions
    from referrals_sandbox.composition.sandbox import Sandbox

_WARM_UP: Final = 500  # requests


@attrs.frozen(kw_only=True)
class Plan:
    """
    How long to measure.

    Args:
        rounds: How many slices of each letter.
        reads: How long a slice of E or R is, in seconds.
        transactions: How long one of P is.
        webhooks: How long one of W is.
        conversions: How long one of C is.
        ramp: How long before it orders already get through.
        referrals: How many referrals there are to read.
        known: How many of them are in Redis from the beginning.
    """

    rounds: int
    reads: float
    transactions: int
    webhooks: float
    conversions: float
    ramp: float
    referrals: int
    known: int


QUICK: Final = Plan(
    rounds=2,
    reads=0.8,
    transactions=1,
    webhooks=0.8,
    conversions=1.0,
    ramp=0.5,
    referrals=5_000,
    known=1_000,
)
FULL: Final = Plan(
    rounds=5,
    reads=4,
    transactions=3,
    webhooks=3,
    conversions=6,
    ramp=1.5,
    referrals=100_000,
    known=20_000,
)


def bench(options: argparse.Namespace) -> int:
    """
    Do it, and return the exit code.

    Raises:
        SandboxError: Something is missing, does not come up, or answers wrong.
    """
    with running(Wishes(settings=os.environ)) as sandbox:
        try:
            report = asyncio.run(measure(sandbox, QUICK if options.quick else FULL))
        except ExceptionGroup as group:  # of the tasks that make the load
            raise first_of(group) from group
    print(report.as_json() if options.json else report.as_text())
    return 0


async def measure(sandbox: Sandbox, plan: Plan) -> Report:
    """
    Measure everything.

    Raises:
        SandboxError: Something does not come up, or answers wrong.
    """
    load_average = os.getloadavg()[0]
    await asyncio.to_thread(sandbox.webhook_service.process.stop)
    links = await asyncio.to_thread(open_shops, sandbox)
    async with database.opened(sandbox.database_url) as db:
        bench = _Bench(plan=plan, stage=Stage(sandbox=sandbox), links=links, database=db)
        r = await bench.reads()
        pgbench = await transactions.prepare(
            db.connection, sandbox.servers.database, Path(sandbox.work_dir)
        )
        await bench.stage.start("http")
        w = await bench.webhooks(pgbench)
        await bench.stage.start("worker", "relay")
        c = await bench.conversions(pgbench)
    return Report(r=r, w=w, c=c, machine_load=load_average)


@attrs.frozen(kw_only=True)
class _Bench:
    plan: Plan
    stage: Stage
    links: Sequence[Link]
    database: Database

    async def reads(self) -> Alternated:
        """Measure R between slices of E."""
        sandbox, plan, link = self.stage.sandbox, self.plan, self.links[0]
        ids = await self.database.completed_referrals(link, plan.referrals)
        requests = reads.Requests.of(link.merchant_id, ids, known=plan.known)
        echoing, address = await asyncio.to_thread(echo.start, sandbox.servers.supervisor)
        meter = Meter({"echo": echoing.pid, **self.stage.processes()})
        async with (
            reads.echoes(address) as echoes,
            reads.statuses(sandbox.grpc, sandbox.token, requests.next) as statuses,
        ):
            with cpu.pinned(_apart(meter, "echo", "grpc")):
                await ask_times(_WARM_UP, echoes)
                await ask_times(plan.known, statuses)
                return await alternated(
                    plan.rounds,
                    E=lambda: ask_for(plan.reads, echoes, meter),
                    R=lambda: ask_for(plan.reads, statuses, meter),
                )

    async def webhooks(self, pgbench: Transactions) -> Alternated:
        """Measure W between slices of P; no worker takes what is delivered."""
        plan, meter = self.plan, Meter(self.stage.processes())
        with self._posting() as askers:
            await ask_times(_WARM_UP, askers)
            measured = await alternated(
                plan.rounds,
                P=lambda: pgbench.run(plan.transactions, meter),
                W=lambda: ask_for(plan.webhooks, askers, meter),
            )
        posted = _WARM_UP + sum(one.done for one in measured.slices)
        self._require(posted, await self.database.forget_deliveries(self._merchants), "deliveries")
        return measured

    async def conversions(self, pgbench: Transactions) -> Alternated:
        """Measure C between slices of P."""
        plan, meter = self.plan, Meter(self.stage.processes())
        with self._posting() as askers:
            conversions = Conversions(self.database.waiting, askers)
            await conversions.run(0, meter, ramp=plan.ramp)  # until the relay leads
            measured = await alternated(
                plan.rounds,
                P=lambda: pgbench.run(plan.transactions, meter),
                C=lambda: conversions.run(plan.conversions, meter, ramp=plan.ramp),
            )
        completed = await self.database.conversions(self._merchants)
        self._require(conversions.begun, completed, "conversions")
        return measured

    @contextmanager
    def _posting(self) -> Iterator[Sequence[Ask]]:
        sandbox = self.stage.sandbox
        poster = webhooks.poster_to(sandbox.webhook.removeprefix("http://"))
        yield webhooks.askers(poster, webhooks.Orders(self.links, sandbox.shopify_secret).next)
        poster.close()

    @property
    def _merchants(self) -> set[str]:
        return {link.merchant_id for link in self.links}

    def _require(self, posted: int, found: int, what: str) -> None:
        if posted != found:
            raise SandboxError(f"{posted} orders were posted, and {found} {what} came of them")


def _apart(meter: Meter, *names: str) -> Mapping[int, int]:
    """Return the CPU of each process: one for these, and another for the load and the rest."""
    first, *others = sorted(os.sched_getaffinity(0))
    last = others[-1] if others else first
    places = {pid: first if name in names else last for name, pid in meter.processes.items()}
    return {**places, os.getpid(): last}
