"""The command `chaos`: traffic, faults, rest, and what came of it all."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from referrals_domain.model.reconciliation import ON_THEIR_WAY
from referrals_sandbox.chaos.collecting import collect, consumed, published, swept
from referrals_sandbox.chaos.comparison import compare
from referrals_sandbox.chaos.ledger import open_ledger, read_ledger
from referrals_sandbox.chaos.lossy_shop import SPEED, LossyShop
from referrals_sandbox.chaos.report import Lossy, Report
from referrals_sandbox.chaos.roles import split
from referrals_sandbox.chaos.scene import Scene, proxied, settings
from referrals_sandbox.chaos.schedule import Schedule
from referrals_sandbox.chaos.telling import tell
from referrals_sandbox.chaos.traffic import WITHIN, Traffic
from referrals_sandbox.composition.backlog import backlog
from referrals_sandbox.composition.installing import install
from referrals_sandbox.composition.running import running
from referrals_sandbox.composition.shops import open_shops
from referrals_sandbox.composition.wishes import Wishes
from referrals_sandbox.ending import run
from referrals_sandbox.neighbours.poster import Poster
from referrals_sandbox.servers.errors import SandboxError, first_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable

    from referrals_sandbox.composition.sandbox import Sandbox
    from referrals_sandbox.composition.shops import Link

_AT_REST_WITHIN: Final = 120.0  # seconds
_LOOKED: Final = 0.2  # seconds between two looks


def chaos(options: argparse.Namespace) -> int:
    """
    Do it, and return the exit code.

    Raises:
        SandboxError: Something is missing, does not come up, or does not come to rest.
    """
    with running(Wishes(settings=os.environ, shopify_speed=SPEED)) as sandbox:
        try:
            report = run(_run(sandbox, options))
        except ExceptionGroup as group:  # of the tasks that drive traffic and faults
            raise first_of(group) from group
    print(report.as_json() if options.json else report.as_text())
    return 0 if report.verdict.holds else 1


async def _run(sandbox: Sandbox, options: argparse.Namespace) -> Report:
    links = await asyncio.to_thread(open_shops, sandbox)
    shop = await asyncio.to_thread(_open_lossy, sandbox, links[0])
    path = Path(sandbox.work_dir) / "ledger"
    gateway = Poster(address=sandbox.gateway_address, within=WITHIN)
    async with (
        proxied(sandbox) as addresses,
        open_ledger(path) as ledger,
    ):
        traffic = Traffic(
            gateway=gateway,
            secret=sandbox.shopify_secret,
            token=sandbox.token,
            ledger=ledger,
            links=links,
            shop=shop,
            seed=options.seed,
        )
        roles = await split(sandbox, settings(addresses), planted=options.planted)
        scene = Scene(
            sandbox=sandbox, roles=roles, addresses=addresses, traffic=traffic, shop=shop
        )
        schedule = Schedule(scene=scene, seed=options.seed, only=options.only)
        telling = tell(partial(_done, traffic, schedule), seconds=options.seconds)
        works = (roles.keep(), schedule.watch(), telling)
        watching = [asyncio.create_task(work) for work in works]
        await shop.as_usual()
        async with asyncio.TaskGroup() as group:
            group.create_task(traffic.flow(options.seconds))
            group.create_task(schedule.run(options.seconds))
        gateway.close()
        await _rest(sandbox, shop)
        await schedule.felt_no_more()
        for watch in watching:
            watch.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        observed = await collect(sandbox, {link.merchant_id for link in links})
        told, found = await shop.report(), await swept(sandbox, shop.merchant_id)
    return Report(
        verdict=compare(read_ledger(path), observed),
        hits=schedule.hits,
        misses=schedule.misses,
        recovery=schedule.recovery,
        lossy=Lossy(
            orders=told.orders,
            dropped=told.posted.dropped,
            given_up=told.posted.given_up,
            taken_in=found.taken_in if found else 0,
        ),
    )


def _open_lossy(sandbox: Sandbox, link: Link) -> LossyShop:
    keeper = install(sandbox, link.shop_domain)
    return LossyShop(merchant_id=link.merchant_id, domain=link.shop_domain, keeper=keeper)


def _done(traffic: Traffic, schedule: Schedule) -> str:
    hit = sum(schedule.hits.values())
    return f"{traffic.posts} posts under way, {hit} faults have hit"


async def _rest(sandbox: Sandbox, shop: LossyShop) -> None:
    """
    Wait until nothing waits anywhere.

    Raises:
        SandboxError: Something still does.
    """
    try:
        async with asyncio.timeout(_AT_REST_WITHIN):
            await _until(partial(_is_told, shop))
            await _until(partial(_is_swept, sandbox, shop, datetime.now(UTC) - ON_THEIR_WAY))
            await _until(partial(_is_settled, sandbox))
            await _until(partial(_is_consumed, sandbox))
    except TimeoutError:
        raise SandboxError(
            f"no rest within {_AT_REST_WITHIN:g} s: {await backlog(sandbox)}"
        ) from None


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    while not await holds():  # noqa: ASYNC110 - other processes tell of no event
        await asyncio.sleep(_LOOKED)


async def _is_told(shop: LossyShop) -> bool:
    return not (await shop.report()).posted.pending


async def _is_swept(sandbox: Sandbox, shop: LossyShop, since: datetime) -> bool:
    """Tell whether a sweep is through that began when everything had happened."""
    found = await swept(sandbox, shop.merchant_id)
    return found is not None and found.until > since


async def _is_settled(sandbox: Sandbox) -> bool:
    return (await backlog(sandbox)).is_empty


async def _is_consumed(sandbox: Sandbox) -> bool:
    return await consumed(sandbox) >= await published(sandbox)
