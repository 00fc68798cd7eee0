"""The command `referrals-grpc`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from referrals_grpc.ending import to_the_end, told_to_stop
from referrals_grpc.processes import serve_in_processes
from referrals_grpc.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_adapters.system.address import Address

_ENVIRONMENT: Final = """
environment:
  REFERRALS_GRPC_LISTEN     host:port to listen on (127.0.0.1:50051); port 0 takes a free one
  REFERRALS_PUBLIC_URL      where friends reach the gateway, as https://go.example; the URLs of
                            links begin so
  REFERRALS_GRPC_REFLECTION on: anybody may ask for the schemas (off)
  REFERRALS_LOG_FORMAT      console (the default) or json, a line an event
  REFERRALS_METRICS_LISTEN  host:port where Prometheus may GET /metrics; with --processes each
                            takes the next port
  REFERRALS_DB_HOST         PostgreSQL; also _PORT (5434), _NAME (referrals_db), _USER, a member of
                            referrals_merchant, and its _PASSWORD
  REFERRALS_DB_REPLICA_HOST a streaming replica, which answers GetReferralStatus, marked stale,
                            while PostgreSQL is away; also _PORT (that of PostgreSQL)
  REFERRALS_REDIS_HOST      Redis or Valkey; also _PORT (6379)
  AUTH_GRPC_TARGET          host:port of Auth
  AUTH_GRPC_SERVICE         the name of Auth's service (auth.v1.AuthService); auth.v1 where Auth
                            answers on /auth.v1/ValidateMerchant

SIGTERM and SIGINT let the calls that are under way finish, for up to 10 seconds.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Do what the command line says.

    Raises:
        SystemExit: Something is wrong with the command line, the settings or the address, or one
            of several processes ended.
    """
    options = _parser().parse_args(arguments)
    to_the_end(_run(options.processes))


async def _run(processes: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = Settings.of_environment()
    stop = told_to_stop()
    if processes > 1:
        await serve_in_processes(processes, settings.listen, stop, _announce)
        return
    # Here, because it makes most of the time and memory that a parent of processes needs not.
    from referrals_grpc.serve import served  # noqa: PLC0415

    async with served(settings) as address:
        _announce(address)
        await stop.wait()


def _announce(address: Address) -> None:
    sys.stdout.write(f"referrals-grpc listening on {address}\n")
    sys.stdout.flush()


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not 1 or more")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="referrals-grpc",
        description="The gRPC service of referrals.",
        epilog=_ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    run = commands.add_parser(
        "run",
        help="serve until SIGTERM",
        description="Serve referrals.v1.ReferralsService and grpc.health.v1.Health.",
        epilog=_ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument(
        "--processes",
        type=_number,
        default=1,
        metavar="N",
        help="serve in N processes on the one port, each with its own connections to the servers;"
        " when one of them ends by itself, all do (1)",
    )
    return parser


if __name__ == "__main__":
    main()
