"""
The supervisor: `python -m referrals_sandbox.servers.supervisor_process`, run by `supervisor`.

It reads one request a line as JSON and answers each at once with one line. It ends, and its
children and its work directory with it, when it is told to, when its standard input or the
process that started it ends, or by SIGTERM. Should it be killed, the kernel kills its children.
"""

import json
import os
import selectors
import signal
import sys
from types import FrameType
from typing import Any

from referrals_sandbox.servers import linux
from referrals_sandbox.servers.children import Children
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.work_dir import WorkDir

_STDIN, _STDOUT = 0, 1
_ALL_STOPPED_WITHIN = 5.0  # seconds; then what is left is killed
_TO_END = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _Ending(Exception):
    """The supervisor is to end."""


def main() -> int:
    """Serve one owner, then leave nothing behind."""
    try:
        owner = os.pidfd_open(os.getppid())
        work_dir = WorkDir(os.getppid())
    except (SandboxError, OSError) as error:
        _answer({"number": 0, "error": str(error)})
        return 1
    linux.adopt_orphans()
    children = Children(work_dir.path)
    try:
        _serve(owner, children, _wake_up_on_signals(), str(work_dir.path))
    except (_Ending, BrokenPipeError):
        pass
    finally:
        children.end_all(within=_ALL_STOPPED_WITHIN)
        work_dir.remove()
    return 0


def _serve(owner: int, children: Children, wake_up: int, work_dir: str) -> None:
    unread = b""
    with selectors.DefaultSelector() as selector:
        for watched in (owner, wake_up, _STDIN):
            selector.register(watched, selectors.EVENT_READ)
        _answer({"number": 0, "work_dir": work_dir})
        while True:
            ready = {key.fd for key, _ in selector.select()}
            if owner in ready:
                raise _Ending
            if wake_up in ready and not set(_TO_END).isdisjoint(os.read(wake_up, 4096)):
                raise _Ending
            children.reap()
            if _STDIN in ready:
                unread += _read()
                *lines, unread = unread.split(b"\n")
                for line in lines:
                    _answer(_reply(children, json.loads(line)))


def _reply(children: Children, request: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked and return the answer, under the number of the request."""
    number, wish, name = request.pop("number"), request.pop("wish"), request.get("name", "")
    answer: dict[str, Any] = {"number": number}
    try:
        if wish == "start":
            answer["pid"] = children.start(**request)
        elif wish == "signal":
            answer["sent"] = children[name].send(request["signal"])
        elif wish == "write":
            children[name].write(request["text"])
        elif wish == "look":
            answer["exit_code"] = children[name].exit_code
        else:
            raise _Ending
    except (LookupError, OSError, ValueError) as error:
        answer["error"] = str(error)
    return answer


def _read() -> bytes:
    received = os.read(_STDIN, 65_536)
    if not received:
        raise _Ending
    return received


def _answer(answer: dict[str, Any]) -> None:
    os.write(_STDOUT, json.dumps(answer).encode() + b"\n")


def _wake_up_on_signals() -> int:
    """Return a descriptor on which every signal arrives as a byte."""
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    for number in (signal.SIGCHLD, *_TO_END):
        # A handler that does nothing, not SIG_IGN, which the children would inherit.
        signal.signal(number, _nothing)
    return woken


def _nothing(number: int, frame: FrameType | None) -> None:
    """Let the descriptor tell."""


if __name__ == "__main__":
    sys.exit(main())
