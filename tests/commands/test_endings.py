"""However a command ends, it has its exit code, and tells a person one line at most."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.system.exits import EXIT_CODES, INTERRUPTED, reported
from tests.commands.programs import PARSERS
from tests.conftest import connected
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_sandbox.servers.running import Servers

_LOCK = "SELECT pg_advisory_lock(hashtextextended('migrate', 0))"
_WHO_WAITS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

FULL = Path("/dev/full")
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
AT_ONCE = {**BUFFERED, "PYTHONUNBUFFERED": "1"}  # as in our image
MODULES = {program: program.replace("-", "_") for program in PARSERS}


def command(program: str, *words: str) -> list[str]:
    return [sys.executable, "-P", "-m", MODULES[program], *words]


@pytest.mark.parametrize("program", PARSERS)
def test_who_reads_no_further_is_not_bothered(program: str) -> None:
    with subprocess.Popen(  # noqa: S603 - this very interpreter
        command(program, "--help"),
        env=BUFFERED,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


@pytest.mark.parametrize("environment", [BUFFERED, AT_ONCE], ids=["buffered", "at once"])
def test_a_full_disk_is_one_line(environment: dict[str, str]) -> None:
    with FULL.open("w") as full:
        ended = subprocess.run(  # noqa: S603 - this very interpreter
            command("referrals-grpc", "--help"),
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    said = "referrals-grpc: cannot write: No space left on device; make room\n"
    assert (ended.returncode, ended.stderr.decode()) == (1, said)


@pytest.fixture
def _heard() -> Iterator[None]:
    """Have what is started here hear Ctrl-C, though the tests may run in a shell's background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_heard")
async def test_ctrl_c_ends_what_waits_however_long(
    servers: Servers, blank_database: PostgresSettings
) -> None:
    environment = {**servers.owner_environment(), "REFERRALS_DB_NAME": blank_database.name}
    async with connected(blank_database) as another:
        await another.execute(_LOCK)
        migrating = await asyncio.create_subprocess_exec(
            *command("referrals-webhook", "migrate"), env=environment, stderr=subprocess.PIPE
        )
        await until(lambda: another.fetchval(_WHO_WAITS))
        migrating.send_signal(signal.SIGINT)
        _, said = await migrating.communicate()
    assert migrating.returncode == INTERRUPTED
    assert all(line.endswith(b"[alembic.runtime.migration]") for line in said.splitlines())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), INTERRUPTED),
        (LookupError("it is away"), "program: it is away; look for it"),
        (KeyError("as its kind"), "program: 'as its kind'; look for it"),
    ],
    ids=repr,
)
def test_what_a_person_can_mend_is_one_line_with_advice(
    error: BaseException, code: int | str
) -> None:
    with pytest.raises(SystemExit) as ended, reported("program", {LookupError: "look for it"}):
        raise error
    assert ended.value.code == code


def test_what_nobody_foresaw_keeps_its_trace() -> None:
    with pytest.raises(ZeroDivisionError), reported("program"):
        _ = 1 / 0


def test_signals_are_told_as_shells_tell_them() -> None:
    assert {128 + signal.SIGINT, 128 + signal.SIGTERM} <= EXIT_CODES.keys()
