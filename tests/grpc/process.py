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
WITHIN = 20.0  # seconds, on a busy machine


@attrs.frozen
class Running:
    """The service as a process of its own."""

    process: asyncio.subprocess.Process
    address: str


@asynccontextmanager
async def starting(
    environment: Mapping[str, str], *options: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start the service, in a group of its own as a terminal does; kill it at the block's end."""
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        "run",
        *options,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def started(environment: Mapping[str, str], *options: str) -> AsyncIterator[Running]:
    """Run the service within the block, from when it serves."""
    async with starting(environment, *options) as process:
        assert process.stdout
        line = (await asyncio.wait_for(process.stdout.readline(), WITHIN)).decode()
        says, _, address = line.strip().rpartition(" ")
        assert says == "referrals-grpc listening on"
        yield Running(process, address)


async def failed(environment: Mapping[str, str], *options: str) -> str:
    """Run the service, which must fail with nothing but one line; return the line."""
    async with starting(environment, *options) as process:
        code, out, err = await ended(process)
    assert (code, out, err.count(b"\n")) == (1, b"", 1), err
    return err.decode().strip()


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, bytes, bytes]:
    """Wait until a process has ended; return its exit code and what it said."""
    out, err = await asyncio.wait_for(process.communicate(), WITHIN)
    return process.returncode, out, err
