"""The parser of `referrals-webhook`."""

from __future__ import annotations

from typing import Final

from referrals_adapters.system.command_line import About, Parser
from referrals_webhook.command_line.held import add_held
from referrals_webhook.command_line.migrate import add_migrate
from referrals_webhook.command_line.outbox import add_outbox
from referrals_webhook.command_line.privacy import add_privacy
from referrals_webhook.command_line.reconcile import add_reconcile
from referrals_webhook.command_line.run import add_run

PROGRAM: Final = "referrals-webhook"

_ABOUT: Final = About(
    does="Take Shopify's webhooks in, and complete referrals.",
    prints="What its commands print.",
    more="The --help of each command tells what it takes, prints and reads.",
    examples=(
        "referrals-webhook migrate",
        "referrals-webhook run --role http",
        "referrals-webhook held list --json",
    ),
)


def parser() -> Parser:
    """Return it."""
    program = Parser.of_program(PROGRAM, _ABOUT)
    commands = program.take_commands("command")
    for add in (add_run, add_migrate, add_held, add_outbox, add_privacy, add_reconcile):
        add(commands)
    return program
