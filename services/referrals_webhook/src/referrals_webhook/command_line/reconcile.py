"""The words of `referrals-webhook reconcile`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from referrals_adapters.system.command_line import About, add_command
from referrals_adapters.system.exits import FAILED
from referrals_domain.model.identifiers import ShopDomain
from referrals_webhook.command_line.environment import ADMIN, DATABASE, LOGS
from referrals_webhook.command_line.which import add_json

if TYPE_CHECKING:
    from referrals_adapters.system.command_line import Commands

_ABOUT: Final = About(
    does="Find the orders that Shopify never delivered, and take them in.",
    prints="A table of what was found at each shop, or with --json an array of objects, with the "
    "orders that were missing and why; how far it is on standard error.",
    more="""\
What is missing enters as a delivery does. To sweep what is known changes nothing, nor does a
sweep that is broken off, or that another process does at the same time. Subscriptions that
Shopify removed are put back. What changed in the last ten minutes is left to the next sweep.
""",
    environment={
        **DATABASE,
        "REFERRALS_REDIS_HOST": "Redis or Valkey; also _PORT (6379) and _PASSWORD",
        "SHOPIFY_API_SECRET": "what webhooks are signed with",
        **ADMIN,
        **LOGS,
    },
    examples=(
        "referrals-webhook reconcile --dry-run",
        "referrals-webhook reconcile --shop acme.myshopify.com --since 2026-11-24T00:00Z --json",
    ),
    exits={FAILED: "it failed, or a shop could not be swept; the others were"},
)


def add_reconcile(commands: Commands) -> None:
    """Add the command."""
    reconcile = add_command(commands, "reconcile", _ABOUT)
    reconcile.add_argument(
        "--shop", type=_shop, metavar="DOMAIN", help="the one shop to sweep (all in the file)"
    )
    reconcile.add_argument(
        "--since",
        type=_time,
        metavar="TIME",
        help="from when on, as 2026-11-24 or 2026-11-24T08:00Z; UTC without an offset "
        "(an hour before the last sweep ended, or 26 hours ago)",
    )
    reconcile.add_argument("--dry-run", action="store_true", help="tell only, and change nothing")
    add_json(reconcile, "an array of objects, one a shop")


def _shop(text: str) -> ShopDomain:
    try:
        return ShopDomain(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time as 2026-11-24T08:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
