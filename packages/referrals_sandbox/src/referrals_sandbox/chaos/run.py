"""The command `chaos`: traffic, faults, rest, and what came of it all."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from referrals_sandbox.chaos.collecting import backlog, collect, consumed, published
from referrals_sandbox.chaos.comparison import compare
from referrals_sandbox.chaos.ledger import open_ledger, read_ledger
from referrals_sandbox.chaos.report import Report
from referrals_sandbox.chaos.roles import split
from referrals_sandbox.chaos.scene import Scene, proxied, settings
from referrals_sandbox.chaos.schedule import Schedule
from referrals_sandbox.chaos.shops import open_shops
from referrals_sandbox.chaos.traffic import WITHIN, Traffic
from referrals_sandbox.composition.running import running
from referrals_sandbox.composition.wishes import Wishes
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    import argparse

    from referrals_sandbox.composition.sandbox import Sandbox

_CONNECTIONS: Final = 200
_AT_REST_WITHIN: Final = 120.0  # seconds
_LOOKED: Final = 0.2  # seconds between two looks


def chaos(options: argparse.Namespace) -> int:
    """
    Do it, and return the exit code.

    Raises:
        SandboxError: Something is missing, does not come up, or does not come to rest.
    """
    with running(Wishes(settings=os.environ)) as sandbox:
        report = asyncio.run(_run(sandbox, seconds=options.seconds, seed=options.seed))
    print(report.as_json() if options.json else report.as_text())
    return 0 if report.verdict.holds else 1


async def _run(sandbox: Sandbox, *, seconds: float, seed: int) -> Report:
    links = await asyncio.to_thread(open_shops, sandbox)
    path = Path(sandbox.work_dir) / "ledger"
    async with (
        proxied(sandbox) as addresses,
        _client(sandbox.gateway) as client,
        open_ledger(path) as ledger,
    ):
        traffic = Traffic(
            client=client,
            secret=sandbox.shopify_secret,
            token=sandbox.token,
            ledger=ledger,
            links=links,
            seed=seed,
        )
        roles = await split(sandbox, settings(addresses))
        scene = Scene(sandbox=sandbox, roles=roles, addresses=addresses, traffic=traffic)
        schedule = Schedule(scene=scene, seed=seed)
        watching = [asyncio.create_task(watch()) for watch in (roles.keep, schedule.watch)]
        async with asyncio.TaskGroup() as group:
            group.create_task(traffic.flow(seconds))
            group.create_task(schedule.run(seconds))
        await _rest(sandbox)
        await schedule.felt_no_more()
        for watch in watching:
            watch.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        observed = await collect(sandbox, {link.merchant_id for link in links})
    return Report(
        verdict=compare(read_ledger(path), observed),
        hits=schedule.hits,
        misses=schedule.misses,
        recovery=schedule.recovery,
    )


def _client(gateway: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=gateway,
        limits=httpx.Limits(max_connections=_CONNECTIONS),
        timeout=WITHIN,
        trust_env=False,
    )


async def _rest(sandbox: Sandbox) -> None:
    """
    Wait until nothing waits anywhere.

    Raises:
        SandboxError: Something still does.
    """
    try:
        async with asyncio.timeout(_AT_REST_WITHIN):
            while not (waiting := await backlog(sandbox)).is_empty:
                await asyncio.sleep(_LOOKED)
            while await consumed(sandbox) < await published(sandbox):
                await asyncio.sleep(_LOOKED)
    except TimeoutError:
        raise SandboxError(f"no rest within {_AT_REST_WITHIN:g} s: {waiting}") from None
