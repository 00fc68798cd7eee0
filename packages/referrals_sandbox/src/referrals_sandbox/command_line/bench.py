"""The words of `referrals-sandbox bench`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from referrals_adapters.system.command_line import About, add_command
from referrals_adapters.system.exits import DONE
from referrals_sandbox.command_line.telling import SERVERS, add_json

if TYPE_CHECKING:
    from referrals_adapters.system.command_line import Commands

_ABOUT: Final = About(
    does="Measure reads, webhooks and conversions between slices of a bare base.",
    prints="R, W and C, with their spread, latencies and CPU; with --json in an object. Standard "
    "error tells of each slice.",
    more="""\
R is GetReferralStatus, 99 in 100 from Redis, as a multiple of E, a bare grpc.aio echo.

W is a signed webhook of 10 kB until it is committed, as a multiple of P, pgbench's transaction
of three statements.

C is a signed webhook until its event is acknowledged by the broker, as a multiple of P.

All of it runs on the same machine. docs/performance.md tells how.
""",
    environment=SERVERS,
    examples=("referrals-sandbox bench", "referrals-sandbox bench --quick --json"),
    exits={DONE: "everything was measured, and every answer was right"},
)


def add_bench(commands: Commands) -> None:
    """Add the command."""
    bench = add_command(commands, "bench", _ABOUT)
    bench.add_argument(
        "--quick", action="store_true", help="in 20 seconds in place of three minutes"
    )
    add_json(bench)
