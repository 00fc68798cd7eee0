"""The words of `referrals-webhook privacy`."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from referrals_adapters.system.command_line import About, add_command
from referrals_domain.model.identifiers import CustomerId, MerchantId
from referrals_webhook.command_line.environment import DATABASE, LOGS
from referrals_webhook.command_line.which import add_json

if TYPE_CHECKING:
    from referrals_adapters.system.command_line import Commands

Identifier = TypeVar("Identifier", MerchantId, CustomerId)

_ENVIRONMENT: Final = {**DATABASE, **LOGS}
_WHOM: Final = "--merchant acme --customer 6045550123"
_PRIVACY: Final = About(
    does="List what was asked for, export a customer's data, or redact them.",
    prints="What its commands print.",
    more="""\
Shopify passes on what customers and shops ask for, and workers carry redactions out; an
operator who was asked by other ways, as by an email or under the CCPA, does the same with
`redact`. A request for one's data waits until somebody exports it, here or by
ExportCustomerData.
""",
    environment=_ENVIRONMENT,
    examples=("referrals-webhook privacy list", f"referrals-webhook privacy export {_WHOM}"),
)
_LIST: Final = About(
    does="Show who asked for what, with receipts, the oldest first.",
    prints="A table, or with --json an array of objects.",
    environment=_ENVIRONMENT,
    examples=("referrals-webhook privacy list", "referrals-webhook privacy list --json"),
)
_EXPORT: Final = About(
    does="Write what is kept of a customer, as JSON.",
    prints="The JSON that the merchant hands to the customer.",
    more="That a customer asked for their data counts as answered by it.",
    environment=_ENVIRONMENT,
    examples=(f"referrals-webhook privacy export {_WHOM} > customer.json",),
)
_REDACT: Final = About(
    does="Have workers put a tombstone in a customer's place.",
    prints="What became of the request, `stored` or `repeated`; with --json in an object.",
    more="It cannot be undone.",
    environment=_ENVIRONMENT,
    examples=(f"referrals-webhook privacy redact {_WHOM}",),
)


def add_privacy(commands: Commands) -> None:
    """Add the command and its own."""
    actions = add_command(commands, "privacy", _PRIVACY).take_commands("action")
    add_json(add_command(actions, "list", _LIST), "an array of objects, one a request")
    export = add_command(actions, "export", _EXPORT)
    redact = add_command(actions, "redact", _REDACT)
    for action in (export, redact):
        action.add_argument(
            "--merchant",
            metavar="ID",
            required=True,
            type=partial(_identifier, MerchantId),
            help="the merchant whose customer it is",
        )
        action.add_argument(
            "--customer",
            metavar="ID",
            required=True,
            type=partial(_identifier, CustomerId),
            help="Shopify's id of the customer",
        )
    add_json(redact, 'an object: {"receipt": "stored"}')


def _identifier(kind: type[Identifier], text: str) -> Identifier:
    try:
        return kind(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
