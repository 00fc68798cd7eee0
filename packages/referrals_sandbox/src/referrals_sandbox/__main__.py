"""The command `referrals-sandbox`."""

import os
import sys
from collections.abc import Sequence

from referrals_adapters.system.exits import reported
from referrals_sandbox.command_line.parser import PROGRAM, parser
from referrals_sandbox.ending import Ended, end_on_signals, end_with_uv
from referrals_sandbox.servers.errors import SandboxError


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Do what the command line says, and return the exit code.

    Raises:
        SystemExit: It was not done, as `EXIT_CODES` say.
    """
    with reported(PROGRAM, {SandboxError: ""}):  # its text tells what to do next
        options = parser().parse_args(arguments)
        try:
            end_on_signals()
            end_with_uv()
            if "REFERRALS_DB_HOST" not in os.environ:
                _forget_other_databases()
            # Here, because it takes a second: who only asks for help needs none of it.
            from referrals_sandbox.commands import COMMANDS  # noqa: PLC0415

            return COMMANDS[options.command](options)
        except Ended as ended:
            return ended.exit_code


def _forget_other_databases() -> None:
    """Drop what drivers read of their own accord, `PGSSLMODE` and the like: not meant for us."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


if __name__ == "__main__":
    sys.exit(main())
