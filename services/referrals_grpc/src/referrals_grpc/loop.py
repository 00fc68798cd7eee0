"""The event loop of the service."""

from __future__ import annotations

import fcntl
import socket
import termios
from array import array
from typing import TYPE_CHECKING, Any, Final, TypeVarTuple

import uvloop

if TYPE_CHECKING:
    from collections.abc import Callable

_Given = TypeVarTuple("_Given")

_GRPC: Final = "grpc."


class Loop(uvloop.Loop):
    """
    uvloop, woken once by gRPC for all that has happened.

    A thread of gRPC writes a byte into a socket for each event. Its reader in the loop takes one
    byte, and all events that there are; each further byte would wake it once more, for nothing.
    So those are taken first. Their events are there by then: gRPC notes them before it writes.
    """

    def add_reader(self, fd: Any, callback: Callable[[*_Given], Any], *args: *_Given) -> None:
        """Have the callback called when there is something to read."""
        if isinstance(fd, socket.socket) and is_grpcs(callback):
            super().add_reader(fd, _once_for_all(fd, callback, *args))
        else:
            super().add_reader(fd, callback, *args)


def is_grpcs(callback: Callable[..., Any]) -> bool:
    """Tell whether this is the reader of gRPC, a method that is bound to its loop."""
    owner = getattr(getattr(callback, "func", callback), "__self__", None)
    return type(owner).__module__.startswith(_GRPC)


def _once_for_all(
    woken_by: socket.socket, callback: Callable[..., Any], *args: Any
) -> Callable[[], None]:
    number, waiting = woken_by.fileno(), array("i", [0])

    def read() -> None:
        fcntl.ioctl(number, termios.FIONREAD, waiting)
        if waiting[0] > 1:
            woken_by.recv(waiting[0] - 1)
        callback(*args)

    return read
