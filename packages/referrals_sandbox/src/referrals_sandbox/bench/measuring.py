"""R between slices of E, W and C between slices of P, and a bare endpoint."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs

from referrals_sandbox.bench import bare, cpu, echo, reads, webhooks
from referrals_sandbox.bench.conversions import Conversions
from referrals_sandbox.bench.load import Meter, ask_for_and_at_part, ask_times
from referrals_sandbox.bench.orders import Orders
from referrals_sandbox.bench.plan import Plan
from referrals_sandbox.bench.rounds import alternated, repeated
from referrals_sandbox.bench.stage import Stage
from referrals_sandbox.bench.tables import Tables
from referrals_sandbox.composition.shops import Link
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager

    from referrals_sandbox.bench.figures import Alternated, Slice
    from referrals_sandbox.bench.load import Ask
    from referrals_sandbox.bench.transactions import Transactions

_WARM_UP: Final = 500  # requests


@attrs.frozen(kw_only=True)
class Bench:
    """
    Measures.

    Args:
        plan: How long.
        stage: What.
        links: Which links friends come by.
        tables: Where all that is.
    """

    plan: Plan
    stage: Stage
    links: Sequence[Link]
    tables: Tables

    async def reads(self) -> Alternated:
        """Measure R between slices of E."""
        sandbox, plan, link = self.stage.sandbox, self.plan, self.links[0]
        ids = await self.tables.completed_referrals(link, plan.referrals)
        referrals = [(link.merchant_id, id_) for id_ in ids]
        requests = reads.Requests.of(referrals, known=plan.known)
        echoing, address = await asyncio.to_thread(echo.start, sandbox.servers.supervisor)
        meter = Meter({"echo": echoing.pid, **self.stage.processes()})
        async with (
            reads.echoes(address) as echoes,
            reads.statuses(sandbox.grpc, sandbox.token, requests.next) as statuses,
        ):
            with cpu.pinned(apart(meter, "echo", "grpc")):
                await ask_times(_WARM_UP, echoes)
                await ask_times(plan.known, statuses)
                return await alternated(
                    plan.rounds,
                    E=lambda: ask_for_and_at_part(plan.reads, echoes, meter),
                    R=lambda: ask_for_and_at_part(plan.reads, statuses, meter),
                )

    async def webhooks(self, pgbench: Transactions) -> Alternated:
        """Measure W between slices of P; no worker takes what is delivered."""
        plan, meter = self.plan, Meter(self.stage.processes())
        async with self._posting() as askers:
            await ask_times(_WARM_UP, askers)
            measured = await alternated(
                plan.rounds,
                P=lambda: pgbench.run(plan.transactions, meter),
                W=lambda: ask_for_and_at_part(plan.webhooks, askers, meter),
            )
        posted = _WARM_UP + sum(one.done + len(one.latencies_at_part) for one in measured.slices)
        self._require(posted, await self.tables.forget_deliveries(self._merchants), "deliveries")
        return measured

    async def bare(self) -> Sequence[Slice]:
        """Measure what an endpoint that looks at nothing does with the same webhooks."""
        sandbox, plan = self.stage.sandbox, self.plan
        starting = partial(bare.start, sandbox.servers.supervisor, sandbox.servers.database)
        names = [f"bare-{number}" for number, _ in enumerate(self.stage.webhook_addresses, 1)]
        started = {name: await asyncio.to_thread(starting, name=name) for name in names}
        processes = {name: child.pid for name, (child, _) in started.items()}
        meter = Meter({**processes, **self.stage.processes()})
        before = await self.tables.inbox()
        async with self._posting([address for _, address in started.values()]) as askers:
            await ask_times(_WARM_UP, askers)
            measured = await repeated(
                plan.rounds,
                "bare endpoint",
                lambda: ask_for_and_at_part(plan.webhooks, askers, meter),
            )
        posted = _WARM_UP + sum(one.done + len(one.latencies_at_part) for one in measured)
        self._require(posted, await self.tables.inbox() - before, "rows of the bare endpoint")
        for child, _ in started.values():
            await asyncio.to_thread(child.stop)
        return measured

    async def conversions(self, pgbench: Transactions) -> Alternated:
        """Measure C between slices of P."""
        plan, meter = self.plan, Meter(self.stage.processes())
        async with self._posting() as askers:
            conversions = Conversions(self.tables.waiting, askers)
            await conversions.run(0, meter, ramp=plan.ramp)  # until the relay leads
            measured = await alternated(
                plan.rounds,
                P=lambda: pgbench.run(plan.transactions, meter),
                C=lambda: conversions.run(plan.conversions, meter, ramp=plan.ramp),
            )
        completed = await self.tables.conversions(self._merchants)
        self._require(conversions.begun, completed, "conversions")
        return measured

    def _posting(
        self, addresses: Sequence[str] | None = None
    ) -> AbstractAsyncContextManager[Sequence[Ask]]:
        orders = Orders(self.links, self.stage.sandbox.shopify_secret)
        return webhooks.posting(addresses or self.stage.webhook_addresses, orders.next)

    @property
    def _merchants(self) -> set[str]:
        return {link.merchant_id for link in self.links}

    def _require(self, posted: int, found: int, what: str) -> None:
        if posted != found:
            raise SandboxError(f"{posted} orders were posted, and {found} {what} came of them")


def apart(meter: Meter, *names: str) -> Mapping[int, int]:
    """Return the CPU of each process: one for these, and another for the load and the rest."""
    cpus = sorted(os.sched_getaffinity(0))
    first, last = cpus[0], cpus[-1]  # the same where there is but one
    places = {pid: first if name in names else last for name, pid in meter.processes.items()}
    return {**places, os.getpid(): last}
