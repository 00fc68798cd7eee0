"""Certificates in files, which somebody renews while we run."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Generic, Self, TypeAlias, TypeVar

import attrs

from referrals_adapters.wire.tls import ClientTls, ServerTls, unreadable

Made = TypeVar("Made")
_Look: TypeAlias = tuple[tuple[int, int, int], ...]

SOON: Final = timedelta(days=14)
"""So long before its end a certificate is warned of."""

_LOG: Final = logging.getLogger(__name__)
_VERSION: Final = 0xA0
_VALIDITY: Final = 3  # its place behind serial number, signature and issuer
_TIMES: Final = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}


def _now() -> datetime:
    return datetime.now(UTC)


@attrs.define(kw_only=True)
class Renewed(Generic[Made]):
    """
    What is made of files, and made anew once they have changed.

    While they cannot be read what was made last stays: somebody may be about to replace them.

    Args:
        variable: Which variable names the certificate; for the log.
        certificate_file: The certificate whose end is warned of, if there is one.
        files: All files that it is made of.
        make: Makes it; raises `OSError` or `ValueError` if they cannot be read.
        now: The time.
    """

    variable: str
    certificate_file: Path | None
    files: Sequence[Path]
    make: Callable[[], Made]
    now: Callable[[], datetime] = _now
    _made: Made = attrs.field(init=False)
    _look: _Look = attrs.field(init=False)
    _warn_at: datetime | None = attrs.field(init=False, default=None)

    @classmethod
    def of(cls, tls: ClientTls | ServerTls, make: Callable[[], Made]) -> Self:
        """
        Make something of the files that settings name.

        Raises:
            OSError: One cannot be read any more.
        """
        return cls(
            variable=f"{tls.prefix}_CERTIFICATE_FILE",
            certificate_file=tls.identity.certificate_file if tls.identity else None,
            files=tls.files,
            make=make,
        )

    def __attrs_post_init__(self) -> None:
        """Make it for the first time."""
        self._look = self._looked()
        self._remake()

    def current(self) -> Made:
        """Return what the files say, or said when they could be read last."""
        look = self._looked()
        if look != self._look:
            self._look = look
            if why := unreadable(self._remake):
                _LOG.error("new certificates cannot be read", extra=self._about(why))
            else:
                _LOG.info("certificates were renewed", extra=self._about("the files changed"))
        self._warn()
        return self._made

    def _looked(self) -> _Look:
        """Return by what one sees that a file has changed."""
        try:
            stats = [file.stat() for file in self.files]
        except OSError:
            return ()
        return tuple((stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in stats)

    def _remake(self) -> None:
        made = self.make()
        end = expires_at(self.certificate_file) if self.certificate_file else None
        self._made, self._warn_at = made, end and end - SOON

    def _warn(self) -> None:
        """Warn of the certificate's end, once a day."""
        now = self.now()
        if self._warn_at and now >= self._warn_at and self.certificate_file:
            left = expires_at(self.certificate_file) - now
            about = {"variable": self.variable, "seconds": round(left.total_seconds())}
            _LOG.error("a certificate ends soon", extra=about)
            self._warn_at = now + timedelta(days=1)

    def _about(self, why: str) -> dict[str, str]:
        return {"variable": self.variable, "reason": why}


def expires_at(certificate_file: Path) -> datetime:
    """
    Return when the first certificate of a file in PEM ends.

    Raises:
        OSError: The file cannot be read.
        ValueError: It holds no certificate.
    """
    text = certificate_file.read_text(encoding="ascii", errors="replace")
    begin, end = text.find(ssl.PEM_HEADER), text.find(ssl.PEM_FOOTER)
    ((_, certificate),) = _elements(
        ssl.PEM_cert_to_DER_cert(text[begin : end + len(ssl.PEM_FOOTER)])
    )
    (_, signed), *_ = _elements(certificate)
    fields = [content for tag, content in _elements(signed) if tag != _VERSION]
    _, (form, time) = _elements(fields[_VALIDITY])
    return datetime.strptime(time.decode(), _TIMES[form]).replace(tzinfo=UTC)


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each element of a sequence in DER (ITU-T X.690)."""
    at = 0
    while at < len(der):
        tag, size = der[at], der[at + 1]
        at += 2
        if size & 0x80:  # that many bytes tell the size
            longer = size & 0x7F
            size = int.from_bytes(der[at : at + longer])
            at += longer
        yield tag, der[at : at + size]
        at += size
