"""The command line of `referrals-grpc`: what it takes, and what it tells of itself."""

from __future__ import annotations

from functools import partial
from typing import Final

from referrals_adapters.system.command_line import About, Parser, add_command, number
from referrals_adapters.system.exits import DONE, FAILED

PROGRAM: Final = "referrals-grpc"
_MOST_PROCESSES: Final = 1024

_ABOUT: Final = About(
    does="Serve referrals to frontends, over gRPC.",
    prints="What its commands print.",
    more="The --help of each command tells what it takes, prints and reads.",
    examples=("referrals-grpc run",),
)
_RUN: Final = About(
    does="Serve referrals.v1.ReferralsService and grpc.health.v1.Health until SIGTERM.",
    prints="On standard output a line once it serves, `referrals-grpc listening on "
    "127.0.0.1:50051`; the log on standard error.",
    more="""\
SIGTERM and Ctrl-C let the calls that are under way finish, for up to 10 seconds. A server that
is away is waited for. Files of certificates are in PEM, and read anew when they change.
""",
    environment={
        "REFERRALS_GRPC_LISTEN": "host:port to listen on (127.0.0.1:50051); port 0 takes a free "
        "one",
        "REFERRALS_PUBLIC_URL": "where friends reach the gateway, as https://go.example; the "
        "URLs of links begin so",
        "REFERRALS_GRPC_REFLECTION": "on: anybody may ask for the schemas (off)",
        "REFERRALS_GRPC_AIO": "on: serve by grpc.aio, for twice the CPU (off)",
        "REFERRALS_DB_HOST": "PostgreSQL; also _PORT (5434), _NAME (referrals_db), _USER, a "
        "member of referrals_merchant, and _PASSWORD, which with _FILE behind it names a file "
        "instead",
        "REFERRALS_DB_REPLICA_HOST": "a streaming replica, which answers GetReferralStatus, "
        "marked stale, while PostgreSQL is away (none); also _PORT (that of PostgreSQL)",
        "REFERRALS_REDIS_HOST": "Redis or Valkey; also _PORT (6379) and _PASSWORD",
        "AUTH_GRPC_TARGET": "host:port of Auth",
        "AUTH_GRPC_SERVICE": "the name of Auth's service (auth.v1.AuthService); auth.v1 where "
        "Auth answers on /auth.v1/ValidateMerchant",
        "REFERRALS_GRPC_CALLER_LIMIT": "how many calls a second one token may make, at all "
        "processes together (2000)",
        "REFERRALS_GRPC_MERCHANT_LIMIT": "how many may be made for one merchant (1000)",
        "REFERRALS_GRPC_TLS_CERTIFICATE_FILE": "who we are (none), with _KEY_FILE; callers then "
        "connect over TLS",
        "REFERRALS_GRPC_TLS_CLIENT_CA_FILE": "of whom callers need a certificate (none)",
        "REFERRALS_DB_TLS_CA_FILE": "of whom PostgreSQL needs one (none); so do "
        "REFERRALS_REDIS_TLS_CA_FILE and AUTH_GRPC_TLS_CA_FILE; we show ours by "
        "_CERTIFICATE_FILE and _KEY_FILE in place of _CA_FILE",
        "REFERRALS_METRICS_LISTEN": "host:port where Prometheus may GET /metrics (none); with "
        "--processes each takes the next port",
        "REFERRALS_LOG_FORMAT": "console (the default) or json, a line an event",
    },
    examples=(
        "referrals-grpc run",
        "REFERRALS_GRPC_LISTEN=0.0.0.0:50051 referrals-grpc run --processes 2",
    ),
    exits={
        DONE: "SIGTERM or Ctrl-C told it to stop, and the calls under way have ended",
        FAILED: "it could not begin, or one of several processes ended by itself; standard "
        "error tells in one line why, and what to do next",
    },
)


def parser() -> Parser:
    """Return its parser."""
    program = Parser.of_program(PROGRAM, _ABOUT)
    run = add_command(program.take_commands("command"), "run", _RUN)
    run.add_argument(
        "--processes",
        type=partial(number, largest=_MOST_PROCESSES),
        default=1,
        metavar="N",
        help="serve in N processes on the one port, each with its own connections to the servers;"
        " when one of them ends by itself, all do (%(default)s)",
    )
    return program
