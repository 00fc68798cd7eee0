"""The command `referrals-grpc`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from typing import TYPE_CHECKING, Final

import uvloop

from referrals_adapters.system.address import CannotListen
from referrals_adapters.wire.variables import SettingsError
from referrals_grpc.container import running
from referrals_grpc.server import serving
from referrals_grpc.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENVIRONMENT: Final = """
environment:
  REFERRALS_GRPC_LISTEN     host:port to listen on (127.0.0.1:50051); port 0 takes a free one
  REFERRALS_GRPC_REFLECTION on: anybody may ask for the schemas (off)
  REFERRALS_DB_HOST         PostgreSQL; also _PORT (5434), _NAME (referrals_db), _USER, _PASSWORD
  REFERRALS_DB_REPLICA_HOST a streaming replica, which answers GetReferralStatus, marked stale,
                            while PostgreSQL is away; also _PORT (that of PostgreSQL)
  REFERRALS_REDIS_HOST      Redis or Valkey; also _PORT (6379)
  AUTH_GRPC_TARGET          host:port of Auth
  AUTH_GRPC_SERVICE         the name of Auth's service (auth.v1.AuthService); auth.v1 where Auth
                            answers on /auth.v1/ValidateMerchant

SIGTERM and SIGINT let the calls that are under way finish.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Do what the command line says.

    Raises:
        SystemExit: Something is wrong with the command line, the settings or the address.
    """
    _parser().parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = Settings.of_environment()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(settings))
    except (SettingsError, CannotListen) as error:
        sys.exit(f"referrals-grpc: {error}")


async def run(settings: Settings) -> None:
    """
    Serve until SIGTERM or SIGINT.

    Raises:
        CannotListen: The address is taken, or is none of this machine.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with (
        running(settings) as container,
        serving(
            container.servicer(),
            container.interceptors(),
            settings.listen,
            reflection=settings.reflection,
        ) as address,
    ):
        sys.stdout.write(f"referrals-grpc listening on {address}\n")
        sys.stdout.flush()
        await stop.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="referrals-grpc",
        description="The gRPC service of referrals.",
        epilog=_ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    commands.add_parser(
        "run",
        help="serve until SIGTERM",
        description="Serve referrals.v1.ReferralsService and grpc.health.v1.Health.",
        epilog=_ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


if __name__ == "__main__":
    main()
