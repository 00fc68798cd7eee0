"""The words of `referrals-sandbox load`."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING, Final

from referrals_adapters.system.command_line import About, add_command, number
from referrals_adapters.system.exits import DONE, FAILED
from referrals_sandbox.command_line.telling import SERVERS, add_json, add_report, add_seed

if TYPE_CHECKING:
    from referrals_adapters.system.command_line import Commands

_MOST_SECONDS: Final = 86_400
_MOST_SHARES: Final = 100_000  # more orders that lost their traces than the interval bears
_MOST: Final = 0.5
"""With what is suspicious beside it, no more friends order than there are shares."""

_ABOUT: Final = About(
    does="Share and order at many times the plan's rate, and compare with the truth.",
    prints="Pace, rates by channel, orders by kind, latencies by step, and what is not as it "
    "must be; with --json in an object. Standard error tells how far it is.",
    more="""\
Advocates share, friends follow their links and order, and frontends ask for statuses, at so many
times the plan's 700 conversions an hour as the time says: 10,000 shares at 7 % in 60 s are 60
times. 15 of 100 orders are suspicious; honest households order from one address; refunds come
before their orders, deliveries twice, and orders without what tells whose they are. In the end
what the service says is compared with the truth that was drawn.

The seed decides who shares what, and what comes of it. A machine that cannot keep the pace takes
longer, and says so. docs/load.md tells the rest.
""",
    environment=SERVERS,
    examples=(
        "referrals-sandbox load --shares 10000 --conversion 0.07 --in 60s",
        "referrals-sandbox load --shares 1000 --in 30s --report load.html --json",
    ),
    exits={
        DONE: "every conversion was found and no other, no honest household was blocked, the "
        "true rate of SMS lies within the interval that GetFunnel reports, and no call failed",
        FAILED: "something is not so, or the run failed; standard error tells in one line what "
        "failed",
    },
)


def add_load(commands: Commands) -> None:
    """Add the command."""
    load = add_command(commands, "load", _ABOUT)
    load.add_argument(
        "--shares",
        metavar="N",
        type=partial(number, largest=_MOST_SHARES),
        default=10_000,
        help="by SMS (%(default)s)",
    )
    load.add_argument(
        "--conversion",
        metavar="P",
        type=_part,
        default=0.07,
        help="how probably an honest friend orders by one of them (%(default)s)",
    )
    load.add_argument(
        "--in",
        metavar="TIME",
        dest="seconds",
        type=_duration,
        default="60s",
        help="in how many seconds, as 60s (%(default)s)",
    )
    add_seed(load, "repeats a scenario")
    add_json(load)
    add_report(load)


def _duration(text: str) -> int:
    return number(text.removesuffix("s"), largest=_MOST_SECONDS)


def _part(text: str) -> float:
    try:
        part = float(text)
    except ValueError:
        part = 0.0
    if not 0 < part <= _MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not above 0 and up to {_MOST}")
    return part
