"""The command `load`: the plan's shares and orders, at its pace, against the truth."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from referrals_adapters.wire.documents import from_document, to_document
from referrals_sandbox.composition.backlog import backlog
from referrals_sandbox.composition.installing import install
from referrals_sandbox.composition.running import running
from referrals_sandbox.composition.shops import let_in, program_of
from referrals_sandbox.composition.wishes import Wishes
from referrals_sandbox.ending import run
from referrals_sandbox.load.driven import Driven
from referrals_sandbox.load.found import Found, collect
from referrals_sandbox.load.kinds import Kind
from referrals_sandbox.load.page import page_of
from referrals_sandbox.load.plan import CODE_PREFIX, MINIMUM, WINDOW, Plan, friend_id
from referrals_sandbox.load.report import Report
from referrals_sandbox.load.scenario import CAP
from referrals_sandbox.load.verdict import judge
from referrals_sandbox.neighbours.frontend import open_frontend
from referrals_sandbox.neighbours.shopify_platform.faults import Faults
from referrals_sandbox.neighbours.shopify_platform.shopkeeper import Shopkeeper
from referrals_sandbox.neighbours.world import Customer
from referrals_sandbox.pages.file import require_folder, write
from referrals_sandbox.servers.command import Command
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.whole_file import write_whole

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from referrals_sandbox.composition.sandbox import Sandbox
    from referrals_sandbox.load.scenario import Share
    from referrals_sandbox.neighbours.shopify_platform.webhooks import Posted

_FIRST_ORDER, _NUMBERS = 7_000_000_000_000, 1_000_000_000_000
_LOOKED: Final = 0.2  # seconds between two looks
_SLOWEST: Final = 30  # times as long as planned; then something hangs
_AT_REST_WITHIN: Final = 120.0  # seconds
_FAULTS: Final = Faults(doubled=0.1, late=0.1, lateness=0.5)
_VISITS_STORED: Final = 2.5  # seconds after the last one: the service stores them each second


def load(options: argparse.Namespace) -> int:
    """
    Do it, and return the exit code.

    Raises:
        SandboxError: Something is missing, does not come up, or does not come to rest.
    """
    require_folder(options.report)
    machine_load = os.getloadavg()[0]
    with running(Wishes(settings=os.environ)) as sandbox:
        plan = _open_shop(sandbox, options)
        shares = [share for advocate in plan.advocates() for share in advocate.shares]
        _tell_core(sandbox, plan, shares)
        driven = _drive(sandbox, plan)
        posted = _all_posted(Shopkeeper(sandbox.shopify), plan.shop_domain)
        found = run(_at_rest(sandbox, plan))
    report = Report(
        plan=plan,
        verdict=judge(shares, found, driven, posted, order_id=plan.order_id),
        machine_load=machine_load,
    )
    print(report.as_json() if options.json else report.as_text())
    if options.report:
        write(options.report, page_of(report))
    return 0 if report.verdict.holds else 1


def _open_shop(sandbox: Sandbox, options: argparse.Namespace) -> Plan:
    """Open a shop that nobody had before, whose program has all that the rules can look at."""
    merchant_id = f"load-{secrets.token_hex(4)}"
    let_in(sandbox, [merchant_id], {})
    program = program_of(merchant_id)
    program.code_prefix = CODE_PREFIX
    program.minimum_order_minor = MINIMUM
    program.velocity_cap = CAP
    program.window.FromTimedelta(WINDOW)
    with open_frontend(sandbox.gateway_address, sandbox.token) as frontend:
        frontend.put_program(program)
    install(sandbox, program.shop_domain).fail(_FAULTS)
    return Plan(
        seed=options.seed,
        shares=options.shares,
        conversion=options.conversion,
        seconds=options.seconds,
        merchant_id=merchant_id,
        shop_domain=program.shop_domain,
        first_order=_FIRST_ORDER + secrets.randbelow(_NUMBERS),
        gateway=sandbox.gateway_address,
        token=sandbox.token,
        shopify=sandbox.shopify,
    )


def _tell_core(sandbox: Sandbox, plan: Plan, shares: Sequence[Share]) -> None:
    """Have Core know the friends who are not new; of everybody else it has counted one order."""
    bought = Customer(frequency=3, first_order_time=datetime.now(UTC) - timedelta(days=200))
    let_in(
        sandbox,
        [],
        {
            f"{plan.merchant_id}/{friend_id(share.number)}": bought
            for share in shares
            if share.kind is Kind.FRIEND_NOT_NEW
        },
    )


def _drive(sandbox: Sandbox, plan: Plan) -> Driven:
    """Drive the load in a process of its own, and pass on what that tells."""
    folder = Path(sandbox.work_dir)
    asked, answered = folder / "load-plan.json", folder / "load-driven.json"
    write_whole(asked, to_document(plan))
    driving = sandbox.servers.supervisor.launch(
        Command(
            name="load",
            argv=(
                *(sys.executable, "-P", "-m", "referrals_sandbox.load.driving"),
                *(asked, answered),
            ),
            within=60 + _SLOWEST * plan.seconds,
        )
    )
    end = time.monotonic() + driving.command.within
    told = 0
    while driving.exit_code is None:
        if time.monotonic() > end:
            raise SandboxError(f"the load hangs: {driving.log_tail(1)}")
        time.sleep(_LOOKED)
        lines = driving.log_text.splitlines()
        for line in lines[told:]:
            print(line, file=sys.stderr, flush=True)
        told = len(lines)
    driving.until_done()
    return from_document(Driven, answered.read_text(encoding="utf-8"))


def _all_posted(keeper: Shopkeeper, shop_domain: str) -> Posted:
    """
    Wait until Shopify has told all that it has to tell.

    Raises:
        SandboxError: It still has not.
    """
    end = time.monotonic() + _AT_REST_WITHIN
    while (posted := keeper.report(shop_domain).posted).pending:
        if time.monotonic() > end:
            raise SandboxError(f"no rest within {_AT_REST_WITHIN:g} s: {posted}")
        time.sleep(_LOOKED)
    return posted


async def _at_rest(sandbox: Sandbox, plan: Plan) -> Found:
    """
    Wait until nothing waits, and return what was found then.

    Raises:
        SandboxError: Something still waits.
    """
    await asyncio.sleep(_VISITS_STORED)
    try:
        async with asyncio.timeout(_AT_REST_WITHIN):
            while not (await backlog(sandbox)).is_empty:  # noqa: ASYNC110 - other processes tell of no event
                await asyncio.sleep(_LOOKED)
    except TimeoutError:
        waits = await backlog(sandbox)
        raise SandboxError(f"no rest within {_AT_REST_WITHIN:g} s: {waits}") from None
    return await collect(sandbox, plan.merchant_id)
