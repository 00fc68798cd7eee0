"""The words of `referrals-webhook outbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from referrals_adapters.system.command_line import About, add_command
from referrals_adapters.system.exits import FAILED
from referrals_webhook.command_line.environment import DATABASE, LOGS
from referrals_webhook.command_line.which import add_json, add_which

if TYPE_CHECKING:
    from referrals_adapters.system.command_line import Commands

_ENVIRONMENT: Final = {**DATABASE, **LOGS}
_OUTBOX: Final = About(
    does="List events that Kafka does not have, or have them sent again.",
    prints="What its commands print.",
    more="""\
An event that Kafka refuses for good, because it is too large or its topic may not be written,
is not sent again until it is retried, and the later events of its referral wait for it: they
are held back. Other referrals do not. Mend what Kafka complains of, then retry; what it
refuses still is refused again.
""",
    environment=_ENVIRONMENT,
    examples=("referrals-webhook outbox list", "referrals-webhook outbox retry --all"),
)
_LIST: Final = About(
    does="Show what Kafka refused, the oldest first.",
    prints="A table, or with --json an array of objects.",
    environment=_ENVIRONMENT,
    examples=("referrals-webhook outbox list", "referrals-webhook outbox list --waiting --json"),
)
_RETRY: Final = About(
    does="Have refused events sent again.",
    prints="How many are sent again, or with --json which.",
    environment=_ENVIRONMENT,
    examples=("referrals-webhook outbox retry 17 18", "referrals-webhook outbox retry --all"),
    exits={FAILED: "it failed, or one that was named was not refused; the others are sent again"},
)


def add_outbox(commands: Commands) -> None:
    """Add the command and its own."""
    actions = add_command(commands, "outbox", _OUTBOX).take_commands("action")
    listing = add_command(actions, "list", _LIST)
    listing.add_argument("--waiting", action="store_true", help="and what waits or is held back")
    add_json(listing, "an array of objects, one an event")
    retry = add_command(actions, "retry", _RETRY)
    add_which(retry, of="an event", every="whatever was refused")
    add_json(retry, 'an object: {"retried": [ID, ...], "not_refused": [ID, ...]}')
