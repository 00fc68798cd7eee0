"""The words of `referrals-webhook migrate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from referrals_adapters.system.command_line import About, add_command
from referrals_webhook.command_line.environment import DATABASE, LOGS
from referrals_webhook.command_line.which import add_json

if TYPE_CHECKING:
    from referrals_adapters.system.command_line import Commands

_ABOUT: Final = About(
    does="Bring the schema of the database up to this version's.",
    prints="A line once that is done, or with --json an object; each revision as it is applied "
    "on standard error.",
    more="""\
It connects as the owner of the tables, who is not who the services connect as. All is applied
or nothing. Running it again, or twice at once, does no harm.
""",
    environment={**DATABASE, **LOGS},
    examples=("referrals-webhook migrate", "referrals-webhook migrate --json"),
)


def add_migrate(commands: Commands) -> None:
    """Add the command."""
    migrate = add_command(commands, "migrate", _ABOUT)
    add_json(migrate, 'an object: {"applied": [REVISION, ...]}')
