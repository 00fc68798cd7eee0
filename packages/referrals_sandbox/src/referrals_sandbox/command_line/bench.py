"""The words of `referrals-sandbox bench`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from referrals_adapters.system.command_line import About, add_command
from referrals_adapters.system.exits import DONE, FAILED
from referrals_sandbox.command_line.telling import SERVERS, add_json, add_report

if TYPE_CHECKING:
    from referrals_adapters.system.command_line import Commands

_ABOUT: Final = About(
    does="Measure reads, webhooks and conversions between slices of a bare base.",
    prints="Which goals are met, R, W and C with their spread, latencies and CPU, what each role "
    "needs, and what could not be measured; with --json in an object. Standard error tells of "
    "each slice.",
    more="""\
R is GetReferralStatus, 99 in 100 from Redis, as a multiple of E, a bare grpc.aio echo.

W is a signed webhook of 10 kB until it is committed, as a multiple of P, pgbench's transaction
of three statements.

C is a signed webhook until its event is acknowledged by the broker, as a multiple of P.

Orders without a signal and the relay's drain of a full outbox are told by the second, and R and C
with millions of referrals as a multiple of R and C with some thousand.

All of it runs on the same machine. docs/performance.md tells how.
""",
    environment={
        **SERVERS,
        "KAFKA_BROKER": "drain to this Kafka, host:port, too; all else has the sandbox's broker",
    },
    examples=(
        "referrals-sandbox bench --check --report bench.html",
        "referrals-sandbox bench --quick --json",
    ),
    exits={
        DONE: "every answer was right; with --check, every goal is met, too",
        FAILED: "the run failed; with --check, also a goal that was missed or not measured; "
        "standard error tells each in a line",
    },
)


def add_bench(commands: Commands) -> None:
    """Add the command."""
    bench = add_command(commands, "bench", _ABOUT)
    bench.add_argument(
        "--quick", action="store_true", help="in a minute or two in place of twelve"
    )
    bench.add_argument(
        "--check", action="store_true", help="fail if a goal is missed or was not measured"
    )
    add_json(bench)
    add_report(bench)
