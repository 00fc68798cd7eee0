"""Connections to servers: each new one is made with the certificates as they are then."""

from __future__ import annotations

import logging
import ssl
import time
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Self, cast

from referrals_adapters.wire.certificates import Renewed

if TYPE_CHECKING:
    from collections.abc import Callable

    from referrals_adapters.wire.tls import ClientTls

_LOG: Final = logging.getLogger(__name__)
_SAY_AGAIN_AFTER: Final = 60.0  # seconds


class RenewingContext(ssl.SSLContext):
    """
    A context for drivers that keep one: it makes every connection by files that are current.

    Why a connection could not be encrypted is logged, once a minute.

    Args:
        tls: The files, which can be read.
    """

    def __new__(cls, _: ClientTls) -> Self:
        """Make a context that verifies servers, as drivers check."""
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, tls: ClientTls) -> None:
        def make() -> ssl.SSLContext:
            context = tls.context()
            context.sslobject_class = _Handshake
            return context

        self._variable = f"{tls.prefix}_CA_FILE"
        self._said_at = -_SAY_AGAIN_AFTER
        self._current = Renewed.of(tls, make)

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Begin a connection; asyncio and uvloop call this and nothing else."""
        handshake = cast("_Handshake", self._current.current().wrap_bio(*args, **kwargs))
        handshake.failed = self._say
        return handshake

    def _say(self, error: ssl.SSLError) -> None:
        if time.monotonic() < self._said_at + _SAY_AGAIN_AFTER:
            return
        self._said_at = time.monotonic()
        reason = getattr(error, "verify_message", None) or error.reason
        about = {"variable": self._variable, "reason": reason}
        _LOG.error("a connection could not be encrypted", extra=about)


@cache
def encrypting(tls: ClientTls) -> RenewingContext:
    """Return the one context of these files, so that each thing about them is logged once."""
    return RenewingContext(tls)


class _Handshake(ssl.SSLObject):
    """A connection that tells why its beginning failed."""

    failed: Callable[[ssl.SSLError], None]

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise  # it goes on
        except ssl.SSLError as error:
            self.failed(error)
            raise
