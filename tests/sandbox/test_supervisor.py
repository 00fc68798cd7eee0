"""The supervisor runs services and neighbours, and lets tests disturb them."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from referrals_sandbox.servers import linux
from referrals_sandbox.servers.command import Command, LogLine, OpenPort
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.ports import free_port
from referrals_sandbox.servers.supervisor import Supervisor, supervising

SLEEPS = "import time; print('ready'); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"
LISTENS = """
import socket, sys, time
time.sleep(0.2)
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(60)
"""
HAS_A_CHILD = f"""
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid)
{SLEEPS}
"""
FAREWELL = f"""
import pathlib, signal, sys
def say(*_):
    with pathlib.Path(sys.argv[1]).open("a") as log:
        log.write(sys.argv[2])
    sys.exit()
signal.signal(signal.SIGTERM, say)
{SLEEPS}
"""


@pytest.fixture(scope="module")
def supervisor() -> Iterator[Supervisor]:
    with supervising() as supervisor:
        yield supervisor


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name for a child that no other test has."""
    return str(request.node.name).replace("_", "-").lower()[:60]


def python(name: str, code: str, *arguments: str, **settings: Any) -> Command:
    """Build a command that is ready once it says so."""
    argv = (sys.executable, "-u", "-c", code, *arguments)
    return Command(name=name, argv=argv, **{"ready": LogLine("^ready$"), **settings})


def becomes(pid: int, state: str) -> bool:
    """Tell whether the process is soon in that state of the kernel's."""
    for _ in range(200):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        if stat.rpartition(")")[2].split()[0] == state:
            return True
        time.sleep(0.01)
    return False


def test_a_child_that_is_ready_runs_and_has_a_log(supervisor: Supervisor, name: str) -> None:
    child = supervisor.start(python(name, SLEEPS))

    assert child.exit_code is None
    assert linux.children_of(supervisor.pid).count(child.pid) == 1
    assert child.log_text == child.log.read_text(encoding="utf-8") == "ready\n"
    assert child.log.parent == supervisor.work_dir


def test_a_child_is_ready_once_its_port_is_open(supervisor: Supervisor, name: str) -> None:
    port = free_port()
    began = time.monotonic()
    supervisor.start(python(name, LISTENS, str(port), ready=OpenPort(port)))

    assert time.monotonic() - began > 0.2


def test_half_a_line_does_not_make_a_child_ready(supervisor: Supervisor, name: str) -> None:
    code = "import time; print('ready', end='', flush=True); time.sleep(60)"
    with pytest.raises(SandboxError, match=r"was not ready within 0\.3 s"):
        supervisor.start(python(name, code, within=0.3))


def test_a_child_that_ends_while_starting_fails_with_its_last_lines(
    supervisor: Supervisor, name: str
) -> None:
    code = "print('first'); print('no such thing'); raise SystemExit(3)"
    with pytest.raises(SandboxError) as failure:
        supervisor.start(python(name, code, advice="try again"))

    expected = f"{name} ended with exit code 3 before it was ready (no such thing); try again"
    assert str(failure.value) == expected
    assert failure.value.log == "first\nno such thing"


def test_a_program_that_is_not_there_is_named(supervisor: Supervisor, name: str) -> None:
    with pytest.raises(SandboxError, match="No such file or directory: '/nowhere/program'"):
        supervisor.start(Command(name=name, argv=("/nowhere/program",)))


def test_two_children_of_one_name_do_not_run_at_once(supervisor: Supervisor, name: str) -> None:
    supervisor.start(python(name, SLEEPS))
    with pytest.raises(SandboxError, match=f"{name} is running already"):
        supervisor.start(python(name, SLEEPS))


@pytest.mark.parametrize("bad", ["", "a/b", "../up", "A"])
def test_a_name_is_fit_for_a_file(bad: str) -> None:
    with pytest.raises(ValueError, match="must match"):
        Command(name=bad, argv=("/bin/true",))


def test_a_program_runs_to_its_end(supervisor: Supervisor, name: str) -> None:
    assert supervisor.run(python(name, "print('migrated')")).log_text == "migrated\n"


def test_a_program_that_fails_says_why(supervisor: Supervisor, name: str) -> None:
    with pytest.raises(SandboxError, match=r"failed with exit code 1 \(ValueError: no\)"):
        supervisor.run(python(name, "raise ValueError('no')"))


def test_a_child_has_the_environment_it_is_given_and_no_other(
    supervisor: Supervisor, name: str
) -> None:
    code = "import os; print(os.environ.get('HOME'), os.environ['REFERRALS_REDIS_PORT'])"
    environment = {"REFERRALS_REDIS_PORT": "1"}
    assert supervisor.run(python(name, code, environment=environment)).log_text == "None 1\n"


def test_a_frozen_child_thaws(supervisor: Supervisor, name: str) -> None:
    child = supervisor.start(python(name, SLEEPS))

    child.signal(signal.SIGSTOP)
    assert becomes(child.pid, "T")
    child.signal(signal.SIGCONT)
    assert becomes(child.pid, "S")


def test_a_killed_child_starts_again(supervisor: Supervisor, name: str) -> None:
    child = supervisor.start(python(name, SLEEPS))
    former = child.pid

    assert child.kill() == child.exit_code == -signal.SIGKILL
    child.start()

    assert child.exit_code is None
    assert child.pid != former
    assert child.log_text == "ready\n"
    assert child.log.read_text(encoding="utf-8") == "ready\nready\n"


def test_a_child_can_be_tried_again_until_it_can_start(
    supervisor: Supervisor, name: str, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    code = f"""
import pathlib
flag = pathlib.Path({str(flag)!r})
if not flag.exists():
    flag.touch()
    raise SystemExit("still in use")
{SLEEPS}
"""
    assert supervisor.start(python(name, code, again_on="still in use")).exit_code is None


def test_a_child_stops_in_its_own_way(supervisor: Supervisor, name: str) -> None:
    code = f"import signal; signal.signal(signal.SIGTERM, lambda *_: exit(7)); {SLEEPS}"
    assert supervisor.start(python(name, code)).stop() == 7


def test_a_child_that_does_not_stop_is_killed(supervisor: Supervisor, name: str) -> None:
    child = supervisor.start(python(name, STUBBORN, grace=0.1))
    assert child.stop() == -signal.SIGKILL


def test_a_frozen_child_stops(supervisor: Supervisor, name: str) -> None:
    child = supervisor.start(python(name, SLEEPS))
    child.signal(signal.SIGSTOP)
    assert child.stop() == -signal.SIGTERM


def test_a_child_notices_ctrl_c(supervisor: Supervisor, name: str) -> None:
    child = supervisor.start(python(name, SLEEPS, stop_signal=signal.SIGINT))
    assert child.stop() == -signal.SIGINT


def test_signals_to_an_ended_child_go_nowhere(supervisor: Supervisor, name: str) -> None:
    child = supervisor.run(python(name, ""))
    child.signal(signal.SIGKILL)
    assert child.stop() == 0


def test_a_child_answers_what_is_written_to_it(supervisor: Supervisor, name: str) -> None:
    child = supervisor.start(python(name, "print('ready'); print('heard', input())"))
    child.write("this\n")
    assert child.until_says(r"^heard (\w+)$")[1] == "this"
    with pytest.raises(SandboxError, match="ended with exit code 0"):
        child.until_says("^more$")


def test_any_thread_may_ask(supervisor: Supervisor, name: str) -> None:
    def start_and_stop(number: int) -> int:
        return supervisor.start(python(f"{name}-{number}", SLEEPS)).stop()

    with ThreadPoolExecutor(8) as threads:
        codes = list(threads.map(start_and_stop, range(16)))
    assert codes == [-signal.SIGTERM] * 16


def test_the_latest_child_is_stopped_first(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with supervising() as supervisor:
        for name in ("data-base", "service"):
            supervisor.start(python(name, FAREWELL, str(said), f"{name} "))
    assert said.read_text(encoding="utf-8") == "service data-base "


def test_a_frozen_child_ends_in_its_own_way_too(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with supervising() as supervisor:
        child = supervisor.start(python("frozen", FAREWELL, str(said), "bye"))
        child.signal(signal.SIGSTOP)
    assert said.read_text(encoding="utf-8") == "bye"


def test_children_of_children_end_too() -> None:
    with supervising() as supervisor:
        child = supervisor.start(python("parent", HAS_A_CHILD))
        below = int(child.until_says(r"^(\d+)$")[1])
        child.kill()
        os.kill(below, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(below, 0)


def test_a_stubborn_child_does_not_outlive_its_sandbox() -> None:
    with supervising() as supervisor:
        child = supervisor.start(python("stubborn", STUBBORN, grace=0.1))
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_a_child_of_an_ended_sandbox_says_so() -> None:
    with supervising() as supervisor:
        child = supervisor.start(python("late", SLEEPS))
    with pytest.raises(SandboxError, match="supervisor has ended; start the sandbox again"):
        child.stop()


def test_a_link_laid_in_its_way_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"referrals-sandbox-{os.geteuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SandboxError, match=r"cannot work in .*; move it away"), supervising():
        pass
