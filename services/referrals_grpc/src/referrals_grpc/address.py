"""Where a server listens."""

from __future__ import annotations

import re
import socket
from typing import Final, Self

import attrs

_FORM: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")
_HIGHEST_PORT: Final = 65535


class CannotListen(Exception):
    """The address is taken, or is none of this machine."""


@attrs.frozen
class Address:
    """
    Where a server listens.

    Args:
        host: A name or address of this machine; `0.0.0.0` is all of them.
        port: A TCP port; 0 leaves the choice to the machine.

    >>> str(Address.parse("[::1]:50051"))
    '[::1]:50051'
    """

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read `host:port`.

        Raises:
            ValueError: The text has another form.
        """
        match = _FORM.fullmatch(text)
        if match is None or int(match["port"]) > _HIGHEST_PORT:
            raise ValueError(f"{text!r} is not host:port")
        return cls(match["host"], int(match["port"]))

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def require_free(self) -> None:
        """
        Do nothing if a server may listen here.

        Raises:
            CannotListen: The address is taken, or is none of this machine.
        """
        family = socket.AF_INET6 if self.host.startswith("[") else socket.AF_INET
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gRPC does
                probe.bind((self.host.strip("[]"), self.port))
        except OSError as error:
            raise CannotListen(f"cannot listen on {self}: {error.strerror}") from error
