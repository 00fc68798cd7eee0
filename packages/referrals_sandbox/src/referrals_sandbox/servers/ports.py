"""TCP ports on the loopback address."""

import errno
import random
import socket
from pathlib import Path

from referrals_sandbox.servers.errors import SandboxError

LOOPBACK = "127.0.0.1"
_LOWEST = 12_000
_TRIES = 50


def free_port() -> int:
    """
    Return a port that nobody listens on at this moment.

    It lies below the range from which the kernel numbers outgoing connections. So while a
    server is down nobody is given its port, and no client that tries again connects to itself.

    Raises:
        SandboxError: None was found.
    """
    end = _first_ephemeral_port()
    for _ in range(_TRIES):
        port = random.randrange(_LOWEST, end)  # noqa: S311 - spreads sandboxes, hides nothing
        if _refusal(port) is None:
            return port
    raise SandboxError(f"no free port between {_LOWEST} and {end}; end what listens there")


def require_free(port: int, *, what: str) -> None:
    """
    Pass if `port` can be listened on.

    Raises:
        SandboxError: It cannot.
    """
    refusal = _refusal(port)
    if refusal is None:
        return
    raise SandboxError(
        f"{what} cannot listen on {LOOPBACK}:{port}: {refusal}; "
        f"stop what listens there (`ss -ltnp` shows it) or choose another port"
    )


def in_url(host: str) -> str:
    """Write a host as URLs have it: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def answers(host: str, port: int) -> bool:
    """Tell whether something accepts connections there, within a second."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except (OSError, UnicodeError):  # or the host is no name at all
        return False


def _refusal(port: int) -> str | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return "the port is taken" if error.errno == errno.EADDRINUSE else str(error.strerror)
    return None


def _first_ephemeral_port() -> int:
    text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
    first = int(text.split()[0])
    return first if first > 2 * _LOWEST else 32_768  # Linux's own default
