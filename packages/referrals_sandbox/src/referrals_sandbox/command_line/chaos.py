"""The words of `referrals-sandbox chaos`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from referrals_adapters.system.command_line import About, add_command, number
from referrals_adapters.system.exits import DONE, FAILED
from referrals_sandbox.chaos.roles import PLANTED_IN
from referrals_sandbox.command_line.telling import SERVERS, add_json, add_seed

if TYPE_CHECKING:
    from referrals_adapters.system.command_line import Commands

_MOST_SECONDS: Final = 86_400

_ABOUT: Final = About(
    does="Have everything fail on purpose while friends order, and see that nothing is lost.",
    prints="What hit, how long it was felt, and what was lost, done twice, out of order or stale; "
    "with --json in an object. Every ten seconds standard error tells how far it is.",
    more="""\
Servers, services and connections fail; then, at rest, what Shopify was promised is compared
with PostgreSQL, Kafka's log, what Points booked and what Redis has. Every delivery stands in a
ledger on disk before it is posted.

The seed decides who orders what, which faults strike, and when. A server that the environment
names is neither killed nor frozen. docs/chaos.md tells the rest.
""",
    environment=SERVERS,
    examples=(
        "referrals-sandbox chaos --seconds 30 --seed 3",
        "referrals-sandbox chaos --only 'reset to redis' --only 'worker killed'",
        "referrals-sandbox chaos --planted answers-first --seconds 12 --json",
    ),
    exits={
        DONE: "nothing was lost, done twice, out of order or stale",
        FAILED: "something was, or the run failed; standard error tells in one line what failed",
    },
)


def add_chaos(commands: Commands) -> None:
    """Add the command."""
    chaos = add_command(commands, "chaos", _ABOUT)
    chaos.add_argument(
        "--seconds",
        metavar="N",
        type=partial(number, largest=_MOST_SECONDS),
        default=120,
        help="for how long (%(default)s)",
    )
    add_seed(chaos, "repeats a schedule")
    chaos.add_argument(
        "--only",
        metavar="FAULT",
        action="append",
        default=[],
        help="strike with this kind alone, as `reset` or `reset to redis`; may be repeated (all)",
    )
    chaos.add_argument(
        "--planted",
        metavar="FAULT",
        choices=PLANTED_IN,
        help="plant a fault in a role, to see that it is found: %(choices)s (none)",
    )
    add_json(chaos)
