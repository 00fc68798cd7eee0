"""The command `chaos`: traffic, faults, rest, and what came of it all."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from referrals_sandbox.chaos.collecting import backlog, collect, consumed, published
from referrals_sandbox.chaos.comparison import Verdict, compare
from referrals_sandbox.chaos.ledger import open_ledger, read_ledger
from referrals_sandbox.chaos.roles import split
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
_SHOWN: Final = 20  # findings


def chaos(options: argparse.Namespace) -> int:
    """
    Do it, and return the exit code.

    Raises:
        SandboxError: Something is missing, does not come up, or does not come to rest.
    """
    with running(Wishes(settings=os.environ)) as sandbox:
        verdict = asyncio.run(_run(sandbox, options))
    for kind, findings in verdict.findings.items():
        for finding in findings[:_SHOWN]:
            print(f"{kind}: {finding}", file=sys.stderr)
    print(json.dumps(_figures(verdict), indent=2))
    return 0 if verdict.holds else 1


async def _run(sandbox: Sandbox, options: argparse.Namespace) -> Verdict:
    links = await asyncio.to_thread(open_shops, sandbox)
    path = Path(sandbox.work_dir) / "ledger"
    limits = httpx.Limits(max_connections=_CONNECTIONS)
    roles = await split(sandbox, {})
    keeping = asyncio.create_task(roles.keep())
    async with httpx.AsyncClient(
        base_url=sandbox.gateway, limits=limits, timeout=WITHIN, trust_env=False
    ) as client:
        with open_ledger(path) as ledger:
            traffic = Traffic(
                client=client,
                secret=sandbox.shopify_secret,
                token=sandbox.token,
                ledger=ledger,
                links=links,
                seed=options.seed,
            )
            await traffic.flow(options.seconds)
    await _rest(sandbox)
    keeping.cancel()
    observed = await collect(sandbox, {link.merchant_id for link in links})
    return compare(read_ledger(path), observed)


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


def _figures(verdict: Verdict) -> dict[str, object]:
    return {
        "acknowledged": verdict.acknowledged,
        "deliveries": verdict.deliveries,
        "reversed": verdict.reversed,
        "faults": {},
        **verdict.counts,
        "duplicates_dropped": verdict.duplicates_dropped,
        "recovery_seconds": {},
    }
