"""The parser of `referrals-sandbox`, whose command without a name starts a sandbox."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from referrals_adapters.system.command_line import About, Parser, number
from referrals_adapters.system.exits import DONE, FAILED
from referrals_sandbox.command_line.bench import add_bench
from referrals_sandbox.command_line.chaos import add_chaos
from referrals_sandbox.command_line.load import add_load
from referrals_sandbox.command_line.post import add_post
from referrals_sandbox.command_line.telling import SERVERS, add_json

PROGRAM: Final = "referrals-sandbox"
_HIGHEST_PORT: Final = 65_535

_ABOUT: Final = About(
    does="Start the whole service with its servers and neighbours, and play a referral.",
    prints="A line for each step that held, with its time; then addresses, and what to try by "
    "hand. With --json one object once every step has held, and the steps on standard error.",
    more="""\
It starts PostgreSQL, Valkey, a Kafka broker, stand-ins for Auth, Core, Points, RFM Analytics and
AdminCore, both services and their gateway; plays a referral from share to reward, and another
whose order is refunded, so that its reward is taken back; then it stays up until Ctrl-C. Nothing
is left behind.
""",
    environment={
        **SERVERS,
        "GATEWAY_CORS_ORIGINS": "whose pages may ask the gateway, as http://localhost:5173 (none)",
    },
    examples=(
        "referrals-sandbox",
        "referrals-sandbox --once --json",
        "referrals-sandbox --describe sandbox.json --gateway-port 8000",
        "referrals-sandbox post tests/shopify/orders_create.json --code 7K2QM9XT3V",
    ),
    exits={
        DONE: "every step held",
        FAILED: "a step did not hold, or something failed; standard error tells in one line what, "
        "and what to do next",
    },
)


def parser() -> Parser:
    """Return it."""
    program = Parser.of_program(PROGRAM, _ABOUT)
    program.add_argument("--once", action="store_true", help="stop after the story")
    program.add_argument(
        "--describe",
        metavar="FILE",
        type=Path,
        help="once the story has held, write addresses, token and secret as JSON (nowhere)",
    )
    for option, what in (
        ("--grpc-port", "the gRPC service"),
        ("--webhook-port", "the webhook service"),
        ("--gateway-port", "the gateway"),
        ("--database-port", "PostgreSQL"),
        ("--redis-port", "Valkey"),
    ):
        port = partial(number, largest=_HIGHEST_PORT)
        program.add_argument(
            option, metavar="N", type=port, help=f"where {what} listens (a free port)"
        )
    add_json(program)
    commands = program.take_commands("command", required=False)
    for add in (add_post, add_chaos, add_bench, add_load):
        add(commands)
    return program
