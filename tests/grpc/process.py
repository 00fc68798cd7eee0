"""The service as a real process."""

from __future__ import annotations

import asyncio
import sysconfig
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

COMMAND = Path(sysconfig.get_path("scripts"), "referrals-grpc")


@attrs.frozen
class Running:
    """The service as a process of its own."""

    process: asyncio.subprocess.Process
    address: str


@asynccontextmanager
async def started(environment: Mapping[str, str], *options: str) -> AsyncIterator[Running]:
    """Run the service within the block, from when it serves."""
    process = await start(environment, *options)
    try:
        assert process.stdout
        line = (await asyncio.wait_for(process.stdout.readline(), 10)).decode()
        says, _, address = line.strip().rpartition(" ")
        assert says == "referrals-grpc listening on"
        yield Running(process, address)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def start(environment: Mapping[str, str], *options: str) -> asyncio.subprocess.Process:
    """Start the service, in a group of its own as a terminal does."""
    return await asyncio.create_subprocess_exec(
        COMMAND,
        "run",
        *options,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )


async def failed(environment: Mapping[str, str], *options: str) -> str:
    """Run the service, which must fail with nothing but one line; return the line."""
    process = await start(environment, *options)
    out, err = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, out, err.count(b"\n")) == (1, b"", 1), err
    return err.decode().strip()
