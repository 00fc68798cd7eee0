"""However a command ends, it has its exit code, and tells a person one line at most."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.system.exits import EXIT_CODES, INTERRUPTED, reported
from tests.commands.programs import PARSERS

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = Path("/dev/full")
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
AT_ONCE = {**BUFFERED, "PYTHONUNBUFFERED": "1"}  # as in our image
MODULES = {program: program.replace("-", "_") for program in PARSERS}


def command(program: str, *words: str) -> list[str]:
    return [sys.executable, "-P", "-m", MODULES[program], *words]


@pytest.fixture
def mute() -> Iterator[socket.socket]:
    """A server that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        yield server


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


def test_ctrl_c_ends_what_waits_for_a_server(mute: socket.socket) -> None:
    environment = {
        "REFERRALS_DB_HOST": "127.0.0.1",
        "REFERRALS_DB_PORT": str(mute.getsockname()[1]),
        "REFERRALS_DB_USER": "nobody",
        "REFERRALS_DB_PASSWORD": "nothing",
    }
    with subprocess.Popen(  # noqa: S603 - this very interpreter
        command("referrals-webhook", "migrate"), env=environment, stderr=subprocess.PIPE
    ) as process:
        connection, _ = mute.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            _, said = process.communicate()
    assert (process.returncode, said) == (INTERRUPTED, b"")


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
