"""Who our gRPC server is, and who may connect to it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import attrs
import grpc

from referrals_adapters.wire.certificates import Renewed

if TYPE_CHECKING:
    from referrals_adapters.wire.tls import ServerTls


def server_credentials(tls: ServerTls) -> grpc.ServerCredentials:
    """
    Return what a server's new connections are encrypted by: the files as they are then.

    Raises:
        OSError: A file cannot be read.
    """
    files = Renewed.of(tls, lambda: _Certificate.read(tls))
    last = files.current()

    def changed() -> grpc.ServerCertificateConfiguration | None:
        nonlocal last
        before, last = last, files.current()
        return None if last is before else last.configuration()

    return grpc.dynamic_ssl_server_credentials(
        last.configuration(),
        changed,  # type: ignore[arg-type]  # the stubs forget that None is "no change"
        require_client_authentication=tls.client_ca_file is not None,
    )


@attrs.frozen
class _Certificate:
    """What the files say."""

    key: bytes
    chain: bytes
    client_authorities: bytes | None

    @classmethod
    def read(cls, tls: ServerTls) -> _Certificate:
        tls.identity.load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))  # gRPC would not say why
        return cls(
            key=tls.identity.key_file.read_bytes(),
            chain=tls.identity.certificate_file.read_bytes(),
            client_authorities=tls.client_ca_file.read_bytes() if tls.client_ca_file else None,
        )

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        """Return it for gRPC, which takes each as its own."""
        return grpc.ssl_server_certificate_configuration(
            [(self.key, self.chain)], root_certificates=self.client_authorities
        )
