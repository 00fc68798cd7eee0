"""The words of `referrals-webhook held`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from referrals_adapters.system.command_line import About, add_command
from referrals_adapters.system.exits import FAILED
from referrals_webhook.command_line.environment import DATABASE, LOGS
from referrals_webhook.command_line.which import add_json, add_which

if TYPE_CHECKING:
    from referrals_adapters.system.command_line import Commands

_ENVIRONMENT: Final = {**DATABASE, **LOGS}
_HELD: Final = About(
    does="List or release deliveries that wait for a person.",
    prints="What its commands print.",
    more="""\
A delivery that cannot be decided for 72 hours, because Auth or Core does not answer about it,
is held: it is not tried again until it is released, and if it cannot be decided then, it is
held again. Its referral is as it was; nothing is lost.
""",
    environment=_ENVIRONMENT,
    examples=("referrals-webhook held list", "referrals-webhook held release --all"),
)
_LIST: Final = About(
    does="Show what is held, those that came first first.",
    prints="A table, or with --json an array of objects.",
    environment=_ENVIRONMENT,
    examples=("referrals-webhook held list", "referrals-webhook held list --json"),
)
_RELEASE: Final = About(
    does="Have held deliveries tried again at once.",
    prints="How many were released, or with --json which.",
    environment=_ENVIRONMENT,
    examples=("referrals-webhook held release 17 18", "referrals-webhook held release --all"),
    exits={FAILED: "it failed, or one that was named is not held; the others were released"},
)


def add_held(commands: Commands) -> None:
    """Add the command and its own."""
    actions = add_command(commands, "held", _HELD).take_commands("action")
    add_json(add_command(actions, "list", _LIST), "an array of objects, one a delivery")
    release = add_command(actions, "release", _RELEASE)
    add_which(release, of="a delivery", every="whatever is held")
    add_json(release, 'an object: {"released": [ID, ...], "not_held": [ID, ...]}')
