"""Who our gRPC server is, and who may connect to it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import grpc

from referrals_adapters.wire.certificates import Renewed

if TYPE_CHECKING:
    from referrals_adapters.wire.tls import ServerTls


def server_credentials(tls: ServerTls) -> grpc.ServerCredentials:
    """
    Return what each new connection is encrypted by: the files as they are then.

    Raises:
        OSError: A file cannot be read.
    """
    configurations = Renewed.of(tls, lambda: _configuration(tls))
    last = configurations.current()

    def changed() -> grpc.ServerCertificateConfiguration | None:
        nonlocal last
        before, last = last, configurations.current()
        return None if last is before else last  # gRPC takes each as its own

    return grpc.dynamic_ssl_server_credentials(
        last,
        changed,  # type: ignore[arg-type]  # the stubs forget that None is "no change"
        require_client_authentication=tls.client_ca_file is not None,
    )


def _configuration(tls: ServerTls) -> grpc.ServerCertificateConfiguration:
    tls.identity.load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))  # gRPC would not say why
    return grpc.ssl_server_certificate_configuration(
        [(tls.identity.key_file.read_bytes(), tls.identity.certificate_file.read_bytes())],
        root_certificates=tls.client_ca_file.read_bytes() if tls.client_ca_file else None,
    )
