"""Where a server listens."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Final, Self

import attrs

from referrals_adapters.wire.variables import SettingsError

if TYPE_CHECKING:
    from referrals_adapters.wire.variables import Variables

_FORM: Final = re.compile(
    r"(\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+)):(?P<port>[0-9]{1,5})"
)
_HIGHEST_PORT: Final = 65535
_BACKLOG: Final = 2048


class CannotListen(Exception):
    """The address is taken, or is none of this machine; the text is one line for a person."""


@attrs.frozen
class Address:
    """
    Where a server listens.

    Args:
        host: A name or address of this machine, IPv6 without brackets; `0.0.0.0` is all of IPv4.
        port: A TCP port; 0 leaves the choice to the machine.

    >>> Address.parse("[::1]:50051")
    Address(host='::1', port=50051)
    >>> str(Address("::1", 50051))
    '[::1]:50051'
    """

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read `host:port`, an IPv6 host in brackets.

        Raises:
            ValueError: The text has another form.
        """
        match = _FORM.fullmatch(text)
        if match is None or int(match["port"]) > _HIGHEST_PORT:
            raise ValueError(f"{text!r} is not host:port")
        return cls(match["ipv6"] or match["host"], int(match["port"]))

    @classmethod
    def read(cls, variables: Variables, name: str, *, default: str) -> Self:
        """
        Read a variable.

        Raises:
            SettingsError: It is no address.
        """
        try:
            return cls.parse(variables.text(name, default=default))
        except ValueError as error:
            raise SettingsError(f"{name}: {error}") from error

    @classmethod
    def read_optional(cls, variables: Variables, name: str) -> Self | None:
        """
        Read a variable that may be absent.

        Raises:
            SettingsError: It is set, and is no address.
        """
        return cls.read(variables, name, default="") if variables.values.get(name) else None

    def next(self, places: int) -> Self:
        """Return the address so many ports further; one that the machine chooses stays so."""
        return attrs.evolve(self, port=self.port + places) if self.port else self

    @classmethod
    def of(cls, listener: socket.socket) -> Self:
        """Return where a socket listens."""
        host, port, *_ = listener.getsockname()
        return cls(host, port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def listen(self) -> socket.socket:
        """
        Return a socket that listens here; callers wait in its queue until they are accepted.

        Raises:
            CannotListen: The address is taken, or is none of this machine.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            return socket.create_server((self.host, self.port), family=family, backlog=_BACKLOG)
        except OSError as error:
            reason = str(error.strerror).partition(" (")[0]  # create_server repeats the address
            raise CannotListen(f"cannot listen on {self}: {reason}") from error

    def claim(self) -> socket.socket:
        """
        Return a socket that listens here until all have joined who share the port.

        Who listens on a shared port cannot tell that it is taken, but who claims it can.

        Raises:
            CannotListen: The address is taken, or is none of this machine.
        """
        claim = self.listen()
        claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        return claim
