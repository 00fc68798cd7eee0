"""The command `referrals-grpc run`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from referrals_grpc.ending import told_to_stop
from referrals_grpc.processes import serve_in_processes
from referrals_grpc.settings import Settings

if TYPE_CHECKING:
    from referrals_adapters.system.address import Address


async def run(processes: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = Settings.of_environment()
    stop = told_to_stop()
    if processes > 1:
        await serve_in_processes(processes, settings.listen, stop, _announce)
        return
    # Here, because it makes most of the time and memory that a parent of processes needs not.
    from referrals_grpc.serve import served  # noqa: PLC0415

    async with served(settings) as address:
        _announce(address)
        await stop.wait()


def _announce(address: Address) -> None:
    sys.stdout.write(f"referrals-grpc listening on {address}\n")
    sys.stdout.flush()
