"""
Whom we trust, and who we are, on connections that are encrypted.

Settings name files in PEM. That the authority's file is set is what turns encryption on; then
nothing goes unencrypted, and the name of the server must stand in its certificate.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from referrals_adapters.wire.variables import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from referrals_adapters.wire.variables import Variables

_WHY: Final = {"KEY_VALUES_MISMATCH": "the key is not that of the certificate"}


@attrs.frozen(kw_only=True)
class Identity:
    """
    Who we are.

    Args:
        certificate_file: Our certificate, and those between it and an authority.
        key_file: Its private key, without a password.
    """

    certificate_file: Path
    key_file: Path

    @classmethod
    def read(cls, variables: Variables, prefix: str) -> Self | None:
        """
        Read `_CERTIFICATE_FILE` and `_KEY_FILE` behind the prefix; None if neither is set.

        Raises:
            SettingsError: One is missing, or they cannot be read or do not belong together.
        """
        certificate, key = f"{prefix}_CERTIFICATE_FILE", f"{prefix}_KEY_FILE"
        if not (variables.values.get(certificate) or variables.values.get(key)):
            return None
        own = cls(
            certificate_file=Path(variables.text(certificate)),
            key_file=Path(variables.text(key)),
        )
        if why := unreadable(lambda: own.load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))):
            raise SettingsError(f"{certificate} and {key}: {why}")
        return own

    def load_into(self, context: ssl.SSLContext) -> None:
        """
        Have connections of this context say who we are.

        Raises:
            OSError: The files cannot be read or do not belong together.
        """
        context.load_cert_chain(self.certificate_file, self.key_file, password=_none)


@attrs.frozen(kw_only=True)
class ClientTls:
    """
    How our connections to one server are encrypted.

    Args:
        prefix: How the variables begin that say so.
        ca_file: The authorities whose certificates count.
        identity: Who we are, if the server asks.
    """

    prefix: str
    ca_file: Path
    identity: Identity | None

    @classmethod
    def read(cls, variables: Variables, prefix: str) -> Self | None:
        """
        Read `_CA_FILE`, `_CERTIFICATE_FILE` and `_KEY_FILE` behind the prefix.

        Returns:
            How connections are encrypted; None if nothing is set: they are not.

        Raises:
            SettingsError: Only a part is set, or a file cannot be read.
        """
        identity, name = Identity.read(variables, prefix), f"{prefix}_CA_FILE"
        if identity is None and not variables.values.get(name):
            return None
        tls = cls(prefix=prefix, ca_file=Path(variables.text(name)), identity=identity)
        if why := unreadable(tls.context):
            raise SettingsError(f"{name}: {why}")
        return tls

    @property
    def files(self) -> Sequence[Path]:
        """All of them, our own certificate first."""
        own = self.identity
        return (own.certificate_file, own.key_file, self.ca_file) if own else (self.ca_file,)

    def context(self) -> ssl.SSLContext:
        """
        Return a context of the files as they are now.

        Raises:
            OSError: One cannot be read.
        """
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.identity:
            self.identity.load_into(context)
        return context


@attrs.frozen(kw_only=True)
class ServerTls:
    """
    How connections to us are encrypted.

    Args:
        prefix: How the variables begin that say so.
        identity: Who we are.
        client_ca_file: The authorities of which clients need a certificate, if they need one.
    """

    prefix: str
    identity: Identity
    client_ca_file: Path | None

    @classmethod
    def read(cls, variables: Variables, prefix: str) -> Self | None:
        """
        Read `_CERTIFICATE_FILE`, `_KEY_FILE` and `_CLIENT_CA_FILE` behind the prefix.

        Returns:
            How connections are encrypted; None if nothing is set: they are not.

        Raises:
            SettingsError: Only a part is set, or a file cannot be read.
        """
        identity, name = Identity.read(variables, prefix), f"{prefix}_CLIENT_CA_FILE"
        client_ca = variables.values.get(name)
        if identity is None:
            if client_ca:
                raise SettingsError(f"{prefix}_CERTIFICATE_FILE is not set")
            return None
        if client_ca and (why := unreadable(lambda: ssl.create_default_context(cafile=client_ca))):
            raise SettingsError(f"{name}: {why}")
        client_ca_file = Path(client_ca) if client_ca else None
        return cls(prefix=prefix, identity=identity, client_ca_file=client_ca_file)

    @property
    def files(self) -> Sequence[Path]:
        """All of them, our own certificate first."""
        own = (self.identity.certificate_file, self.identity.key_file)
        return (*own, self.client_ca_file) if self.client_ca_file else own


def unreadable(read: Callable[[], Any]) -> str:
    """Return in one line why files cannot be read, without what they say; "" if they can."""
    try:
        read()
    except ssl.SSLError as error:
        return _WHY.get(error.reason, "no certificate, or no key, can be read from it")
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    except ValueError:
        return "no certificate can be read from it"
    return ""


def _none() -> str:
    """Return no password, where OpenSSL would ask for one at the terminal."""
    return ""
