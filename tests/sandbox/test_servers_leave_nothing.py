"""However a sandbox ends, no process, folder, port or shared memory stays behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import pytest

import referrals_sandbox
from referrals_sandbox.servers import linux
from referrals_sandbox.servers.ports import answers
from referrals_sandbox.servers.supervisor import supervising

pytestmark = pytest.mark.long

NOBODY = 65_534
OWNER = """
import json, os, sys, time
from referrals_sandbox.servers import linux
from referrals_sandbox.servers.running import running

for uid in map(int, sys.argv[1:]):
    linux.enter_user_namespace(uid, uid)
with running() as servers:
    known = {"uid": os.geteuid(), "work_dir": str(servers.work_dir)}
    print(json.dumps(known | servers.environment()), flush=True)
    try:
        for line in sys.stdin:
            if line == "end\\n":
                break
            if line == "fail\\n":
                raise RuntimeError("as asked")
            if line == "fork\\n":
                print(os.fork() or time.sleep(60), flush=True)
    except KeyboardInterrupt:
        time.sleep(0.2)
        print(servers.redis.process.exit_code, flush=True)
"""


@attrs.frozen(kw_only=True)
class Identity:
    """Who runs a sandbox: with another interpreter, as another user, or under another's name."""

    python: str = sys.executable
    user: int | None = None
    namespace: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class Owner:
    """A process with a running sandbox, and all that must be gone after it."""

    process: subprocess.Popen[str]
    known: dict[str, Any]
    descendants: dict[int, str]
    shared_memory: str

    @property
    def supervisor(self) -> int:
        return next(iter(self.descendants))

    def answer(self, line: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(line, end="", file=self.process.stdin, flush=True)
        return self.process.stdout.readline()

    def end(self, *, by: signal.Signals) -> int:
        self.process.send_signal(by)
        return self.process.wait(10)

    def remains(self) -> list[str]:
        """Tell what is still there."""
        known = self.known
        broker = known["KAFKA_BROKER"].rpartition(":")[2]
        ports = [known["REFERRALS_DB_PORT"], known["REFERRALS_REDIS_PORT"], broker]
        segments = Path("/proc/sysvipc/shm").read_text(encoding="ascii").splitlines()
        return [
            *(f"process {pid}" for pid, birth in self.descendants.items() if born(pid) == birth),
            *(str(folder) for folder in [Path(known["work_dir"]).parent] if folder.exists()),
            *(f"port {port}" for port in ports if answers("127.0.0.1", int(port))),
            *(row for row in segments if row.split()[1] == self.shared_memory),
        ]


@pytest.fixture
def temp() -> Iterator[Path]:
    """A folder for temporary files that every user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="test-servers-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)  # a failing test's sandbox may be ending still


@contextmanager
def owning(temp: Path, identity: Identity | None = None) -> Iterator[Owner]:
    """Run a sandbox in a process of its own."""
    identity = identity or Identity()
    if identity.user is not None:
        os.chown(temp, identity.user, identity.user)
    process = subprocess.Popen(  # noqa: S603 - this very interpreter or the system's
        [identity.python, "-c", OWNER, *map(str, identity.namespace)],
        env=environment(temp),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        process_group=0,
        **as_user(identity.user),
    )
    with process:
        try:
            assert process.stdout is not None
            known = json.loads(process.stdout.readline())
            pid_file = Path(known["work_dir"], "postgres", "postmaster.pid")
            yield Owner(
                process=process,
                known=known,
                descendants={pid: born(pid) for pid in descendants(process.pid)},
                shared_memory=pid_file.read_text(encoding="ascii").splitlines()[6].split()[1],
            )
        finally:
            process.kill()


def root() -> Identity:
    """Root, or an ordinary user under root's name."""
    return Identity(namespace=() if os.geteuid() == 0 else (0,))


def ordinary_user() -> Identity:
    """
    Ourselves, or `nobody`; `nobody` may have no access to this interpreter.

    Then the system's interpreter of the same version runs the sandbox as `nobody`; failing
    that, root does under the name of `nobody`, which takes its privileges away all the same.
    """
    if os.geteuid() != 0:
        return Identity()
    system = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, system):
        if can_run(python):
            return Identity(python=python, user=NOBODY)
    return Identity(namespace=(NOBODY,))


@cache
def can_run(python: str) -> bool:
    """Tell whether `nobody` can run the sandbox's code with this interpreter."""
    try:
        tried = subprocess.run(  # noqa: S603 - this very interpreter or the system's
            [python, "-c", "import referrals_sandbox.servers.running"],
            env=environment(Path("/nonexistent")),
            stderr=subprocess.DEVNULL,
            check=False,
            **as_user(NOBODY),
        )
    except OSError:
        return False
    return tried.returncode == 0


def environment(temp: Path) -> dict[str, str]:
    code = Path(referrals_sandbox.__file__).parents[1]
    return {
        "HOME": str(temp),
        "TMPDIR": str(temp),
        "PYTHONPATH": os.pathsep.join([str(code), sysconfig.get_path("purelib")]),
    }


def as_user(user: int | None) -> dict[str, Any]:
    return {} if user is None else {"user": user, "group": user, "extra_groups": []}


def descendants(pid: int) -> list[int]:
    children = linux.children_of(pid)
    return children + [below for child in children for below in descendants(child)]


def born(pid: int) -> str:
    """When the process began, which tells it from a later one of its number, or nothing."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]  # zombies: init reaps in its own time


def nothing_remains(owner: Owner) -> None:
    deadline = time.monotonic() + 10
    while owner.remains() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert owner.remains() == []


def test_a_running_sandbox_is_seen_by_these_tests(temp: Path) -> None:
    with owning(temp) as owner:
        assert len(owner.remains()) == len(owner.descendants) + 5
        assert len(owner.descendants) > 4
        owner.process.communicate("end\n")


@pytest.mark.parametrize(("line", "code"), [("end\n", 0), ("fail\n", 1)])
def test_nothing_remains_after_the_end_or_an_exception(temp: Path, line: str, code: int) -> None:
    with owning(temp) as owner:
        owner.process.communicate(line)
        assert owner.process.returncode == code
        assert owner.remains() == []


def test_nothing_remains_after_ctrl_c(temp: Path) -> None:
    with owning(temp) as owner:
        os.killpg(owner.process.pid, signal.SIGINT)  # as a terminal does
        said, _ = owner.process.communicate()
        assert said == "None\n"  # the owner, cleaning up, still has its servers
        assert owner.remains() == []


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_remains_after_a_signal(temp: Path, by: signal.Signals) -> None:
    with owning(temp) as owner:
        assert owner.end(by=by) == -by
        nothing_remains(owner)


def test_nothing_remains_though_a_copy_of_the_owner_lives_on(temp: Path) -> None:
    with owning(temp) as owner:
        copy = int(owner.answer("fork\n"))
        try:
            owner.end(by=signal.SIGKILL)
            nothing_remains(owner)
            assert born(copy) != ""
        finally:
            os.kill(copy, signal.SIGKILL)


def test_nothing_remains_when_the_supervisor_is_told_to_end(temp: Path) -> None:
    with owning(temp) as owner:
        os.kill(owner.supervisor, signal.SIGTERM)
        nothing_remains(owner)


def test_nothing_remains_when_a_server_is_frozen(temp: Path) -> None:
    with owning(temp) as owner:
        for pid in linux.children_of(owner.supervisor):
            os.kill(pid, signal.SIGSTOP)
        owner.end(by=signal.SIGKILL)
        nothing_remains(owner)


def test_the_owner_cleans_up_after_a_supervisor_that_was_killed(temp: Path) -> None:
    with owning(temp) as owner:
        os.kill(owner.supervisor, signal.SIGKILL)
        owner.process.communicate("end\n")
        assert owner.remains() == []


def test_the_next_sandbox_cleans_up_if_both_were_killed(
    temp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with owning(temp) as owner:
        os.kill(owner.process.pid, signal.SIGSTOP)
        os.kill(owner.supervisor, signal.SIGKILL)
        owner.end(by=signal.SIGKILL)
    monkeypatch.setattr(tempfile, "tempdir", str(temp))
    monkeypatch.setenv("TMPDIR", str(temp))
    with supervising():
        assert not Path(owner.known["work_dir"]).exists()
    assert owner.remains() == []


def test_two_sandboxes_live_side_by_side(temp: Path) -> None:
    with owning(temp) as first, owning(temp) as second:
        first.process.communicate("end\n")
        assert Path(second.known["work_dir"]).exists()
        second.process.communicate("end\n")
        assert first.remains() == second.remains() == []


@pytest.mark.parametrize("identity", [root, ordinary_user])
def test_anybody_can_run_it(temp: Path, identity: Any) -> None:
    with owning(temp, identity()) as owner:
        assert (owner.known["uid"] == 0) == (identity is root)
        owner.end(by=signal.SIGKILL)
        nothing_remains(owner)
