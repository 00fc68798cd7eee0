"""The command `referrals-grpc`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_adapters.system.exits import reported
from referrals_grpc.command_line import PROGRAM, parser

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
        # Here, because it takes a second: who only asks for help needs none of it.
        from referrals_grpc.ending import to_the_end  # noqa: PLC0415
        from referrals_grpc.run import run  # noqa: PLC0415

        to_the_end(run(options.processes))


if __name__ == "__main__":
    main()
