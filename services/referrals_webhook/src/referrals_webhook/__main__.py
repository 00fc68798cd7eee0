"""The command `referrals-webhook`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_adapters.system.exits import reported
from referrals_webhook.command_line.parser import PROGRAM, parser

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Do what the command line says.

    Raises:
        SystemExit: It was not done, as `EXIT_CODES` say.
    """
    with reported(PROGRAM):
        options = parser().parse_args(arguments)
        # Here, because it takes seconds: who only asks for help needs none of it.
        from referrals_webhook.commands import carry_out  # noqa: PLC0415

        carry_out(options)


if __name__ == "__main__":
    main()
