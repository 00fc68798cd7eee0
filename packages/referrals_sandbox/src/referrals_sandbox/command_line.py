"""The command line."""

import argparse
from pathlib import Path

from referrals_sandbox.chaos.roles import PLANTED_IN
from referrals_sandbox.neighbours.shopify import ORDERS_CREATE

_DESCRIPTION = """\
Start PostgreSQL, Valkey, a Kafka broker, stand-ins for Auth, Core, Points, RFM Analytics and
AdminCore, both services and their gateway; play a referral from share to reward, and another
whose order is refunded, so that its reward is taken back; then stay up until Ctrl-C.
Nothing is left behind.
"""
_EPILOG = """\
With REFERRALS_DB_HOST, REFERRALS_REDIS_HOST or KAFKA_BROKER set, as for the services, those
servers are used instead of the sandbox's own; REFERRALS_DB_OWNER and its _PASSWORD then name who
brings the schema up, if that is not the services' user.

Exit codes: 0 every step held; 1 something failed, standard error tells what in one line; 2 the
command line is wrong; 130 or 143 it was ended before the story was over.
"""
_POST = """\
Sign a Shopify body as Shopify does, post it to the running sandbox through its gateway, and show
how the referral stands on both gRPC paths, and in words. Its times become now. Posted again it
changes nothing.

By --topic orders/paid or orders/cancelled the order in FILE is paid, or has just been cancelled;
by --topic refunds/create FILE is a refund. To undo the sample order by the sample refund:

  referrals-sandbox post tests/shopify/refunds_create.json --topic refunds/create
"""
_POST_EPILOG = """\
Exit codes: 0 every answer was 200; 1 one was not, or something failed; 2 the command line is
wrong.
"""

_CHAOS = """\
Let friends order through the gateway while servers, services and connections fail on purpose;
then, at rest, compare what Shopify was promised with PostgreSQL, Kafka's log, what Points booked
and what Redis has. Every delivery stands in a ledger on disk before it is posted.
"""
_CHAOS_EPILOG = """\
The seed decides who orders what, which faults strike, and when. A server that REFERRALS_DB_HOST,
REFERRALS_REDIS_HOST or KAFKA_BROKER names is used, and neither killed nor frozen.

Exit codes: 0 nothing was lost, done twice, out of order or stale; 1 something was, and standard
error tells what; 2 the command line is wrong; 130 or 143 it was ended before that.
"""

_BENCH = """\
Measure what our services do a second, each between slices of a base on the same machine:

  R  GetReferralStatus, 99 in 100 from Redis, as a multiple of
  E  a bare grpc.aio echo
  W  a signed webhook of 10 kB until it is committed, as a multiple of
  P  pgbench's transaction of three statements
  C  a signed webhook until its event is acknowledged by the broker, as a multiple of P

docs/performance.md tells how. It tells of each slice on standard error.
"""
_BENCH_EPILOG = """\
Exit codes: 0 everything was measured, and every answer was right; 1 something failed; 2 the
command line is wrong; 130 or 143 it was ended before that.
"""

_LOAD = """\
Have advocates share, friends follow their links and order, and frontends ask for statuses, at so
many times the plan's 700 conversions an hour as the time says: 10,000 shares at 7 % in 60 s are
60 times. 15 of 100 orders are suspicious; honest households order from one address; refunds come
before their orders, deliveries twice, and orders without what tells whose they are. In the end
what the service says is compared with the truth that was drawn.
"""
_LOAD_EPILOG = """\
The seed decides who shares what, and what comes of it. A machine that cannot keep the pace takes
longer, and says so. It tells how far it is on standard error; docs/load.md tells the rest.

Exit codes: 0 every conversion was found and no other, no honest household was blocked, the true
rate of SMS lies within the interval that GetFunnel reports, and no call failed; 1 something is
not so, or failed; 2 the command line is wrong; 130 or 143 it was ended before that.
"""

_MOST = 0.5
"""With what is suspicious beside it, no more friends order than there are shares."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="referrals-sandbox",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--once", action="store_true", help="stop after the story")
    parser.add_argument(
        "--describe",
        metavar="FILE",
        type=Path,
        help="once the story has held, write addresses, token and secret as JSON",
    )
    for option, what in (
        ("--grpc-port", "the gRPC service"),
        ("--webhook-port", "the webhook service"),
        ("--gateway-port", "the gateway"),
        ("--database-port", "PostgreSQL"),
        ("--redis-port", "Valkey"),
    ):
        parser.add_argument(
            option, metavar="N", type=_port, help=f"where {what} listens (a free port)"
        )
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    _add_post(commands)
    _add_chaos(commands)
    _add_bench(commands)
    _add_load(commands)
    return parser


def _add_post(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    post = commands.add_parser(
        "post",
        help="sign a Shopify body and post it to the running sandbox",
        description=_POST,
        epilog=_POST_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    post.add_argument("file", metavar="FILE", type=Path, help="the body, as JSON")
    post.add_argument("--topic", default=ORDERS_CREATE, help="its topic (%(default)s)")
    post.add_argument("--shop", metavar="DOMAIN", help="whose shop it is (the sandbox's)")
    post.add_argument("--code", help="the link's code, put in place of the one in the file")
    post.add_argument(
        "--order", metavar="ID", type=_order, help="the order, in place of the one in the file"
    )
    post.add_argument(
        "--as-is",
        action="store_true",
        help="leave its times, payment and cancellation as they are",
    )
    post.add_argument(
        "--times", metavar="N", type=_times, default=1, help="post it so often, all at once"
    )
    post.add_argument(
        "--sandbox", metavar="FILE", type=Path, help="what --describe wrote (the newest sandbox)"
    )
    post.add_argument("--json", action="store_true", help="print what came of it as JSON")


def _add_chaos(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    chaos = commands.add_parser(
        "chaos",
        help="have everything fail on purpose, and see that nothing is lost",
        description=_CHAOS,
        epilog=_CHAOS_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    chaos.add_argument(
        "--seconds", metavar="N", type=_seconds, default=120, help="for how long (%(default)s)"
    )
    chaos.add_argument(
        "--seed", metavar="S", type=int, default=1, help="repeats a schedule (%(default)s)"
    )
    chaos.add_argument(
        "--only",
        metavar="FAULT",
        action="append",
        default=[],
        help="strike with this kind alone, as `reset` or `reset to redis`; may be repeated",
    )
    chaos.add_argument(
        "--planted",
        choices=PLANTED_IN,
        help="plant a fault in a role, to see that it is found",
    )
    chaos.add_argument("--json", action="store_true", help="print what came of it as JSON")


def _add_bench(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    bench = commands.add_parser(
        "bench",
        help="measure reads, webhooks and conversions against bare bases",
        description=_BENCH,
        epilog=_BENCH_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    bench.add_argument(
        "--quick", action="store_true", help="in 20 seconds in place of three minutes"
    )
    bench.add_argument("--json", action="store_true", help="print what came of it as JSON")


def _add_load(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    load = commands.add_parser(
        "load",
        help="share and order at many times the plan's rate, and compare with the truth",
        description=_LOAD,
        epilog=_LOAD_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    load.add_argument(
        "--shares", metavar="N", type=_shares, default=10_000, help="by SMS (%(default)s)"
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
    load.add_argument(
        "--seed", metavar="S", type=int, default=1, help="repeats a scenario (%(default)s)"
    )
    load.add_argument("--json", action="store_true", help="print what came of it as JSON")
    load.add_argument(
        "--report", metavar="FILE", type=Path, help="also write it as a page with charts"
    )


def _port(text: str) -> int:
    return _number(text, 65_535)


def _times(text: str) -> int:
    return _number(text, 1_000)  # each is a thread


def _seconds(text: str) -> int:
    return _number(text, 86_400)


def _shares(text: str) -> int:
    return _number(text, 100_000)  # more orders that lost their traces than the interval bears


def _duration(text: str) -> int:
    return _seconds(text.removesuffix("s"))


def _part(text: str) -> float:
    try:
        part = float(text)
    except ValueError:
        part = 0.0
    if not 0 < part <= _MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not above 0 and up to {_MOST}")
    return part


def _order(text: str) -> int:
    return _number(text, 2**63 - 1)


def _number(text: str, largest: int) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) <= largest:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {largest}")
    return int(text)
