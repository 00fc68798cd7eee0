"""The program finishes what it began, and its relay comes back but never outlives it."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.waiting import until
from tests.webhook.orders import PATH, order, signed
from tests.webhook.test_relay import completed

if TYPE_CHECKING:
    from tests.webhook.program import Process, Program
    from tests.webhook.stage import Stage


async def test_told_to_stop_http_answers_the_call_that_it_is_reading(
    program: Program, stage: Stage
) -> None:
    http = program.start("run", "--role", "http")
    at = urlsplit(await http.url())
    body = order()
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    lines = [f"POST {PATH} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in signed(body).items()]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body[:100])
    await writer.drain()

    async def refuses() -> bool:
        try:
            _, other = await asyncio.open_connection(at.hostname, at.port)
        except ConnectionRefusedError:
            return True
        other.close()
        return False

    assert not await refuses()
    http.send(signal.SIGTERM)
    await until(refuses)
    writer.write(body[100:])
    assert b" 200 " in await reader.readline()
    writer.close()
    assert await http.exit_code() == 0
    assert len(await stage.rows("deliveries")) == 1


async def test_a_relay_that_is_killed_is_started_again(program: Program, stage: Stage) -> None:
    parent = program.start("run")
    first = await _relay_of(parent)
    assert {os.sched_getscheduler(pid) for pid in (parent.child.pid, first)} == {os.SCHED_BATCH}
    os.kill(first, signal.SIGKILL)

    async def is_replaced() -> bool:
        return first not in _children(parent) and bool(_children(parent))

    await until(is_replaced)
    async with stage.begin() as tx:
        await tx.outbox.add([completed(stage.referral_id)])
        await tx.commit()

    async def is_published() -> bool:
        return not await stage.rows("outbox")

    await until(is_published)
    parent.send(signal.SIGTERM)
    assert await parent.exit_code() == 0


async def test_a_relay_ends_with_its_parent_however_that_ends(program: Program) -> None:
    parent = program.start("run")
    relay = await _relay_of(parent)
    parent.send(signal.SIGKILL)
    assert await parent.exit_code() == -signal.SIGKILL

    async def is_gone() -> bool:
        return not _runs(relay)

    await until(is_gone)


async def test_told_to_stop_the_program_ends_its_relay(program: Program) -> None:
    parent = program.start("run")
    relay = await _relay_of(parent)
    await parent.says("^referrals-webhook relay leading$")
    parent.send(signal.SIGTERM)
    assert await parent.exit_code() == 0
    assert not _runs(relay)
    assert "is killed" not in parent.child.log_text


async def _relay_of(parent: Process) -> int:
    async def has_one() -> bool:
        return bool(_children(parent))

    await until(has_one)
    (relay,) = _children(parent)
    return relay


def _children(parent: Process) -> set[int]:
    pid = parent.child.pid
    with suppress(FileNotFoundError):
        return {int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    return set()


def _runs(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False
