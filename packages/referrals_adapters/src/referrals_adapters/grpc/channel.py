"""Connections to neighbours."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

import grpc.aio

from referrals_adapters.grpc.renewed_channel import RenewedChannel
from referrals_adapters.wire.certificates import Renewed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.wire.tls import ClientTls

Channel: TypeAlias = grpc.aio.Channel

_OPTIONS: Final = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),  # by default a neighbour may be back for two minutes
    ("grpc.min_reconnect_backoff_ms", 2_000),  # how long one attempt to connect may take
    ("grpc.enable_http_proxy", 0),  # neighbours are near; a proxy is for the world outside
)


@asynccontextmanager
async def open_channel(target: str, tls: ClientTls | None = None) -> AsyncIterator[Channel]:
    """
    Open a channel, and close it at the end of the block.

    Nothing is connected before it is needed, and a lost connection is tried again at least every
    second. With other certificates than before, calls take a new connection.
    """
    async with _channel(target, tls) as channel:
        yield channel


def _channel(target: str, tls: ClientTls | None) -> Channel:
    if tls is None:
        return grpc.aio.insecure_channel(target, options=_OPTIONS)
    return RenewedChannel(Renewed.of(tls, lambda: _secure_channel(target, tls)))


def _secure_channel(target: str, tls: ClientTls) -> Channel:
    """
    Return a channel that is encrypted by files as they are now.

    Raises:
        OSError: One cannot be read.
    """
    tls.context()  # gRPC tells only of the first call that a file is wrong, and in its own log
    own = tls.identity
    credentials = grpc.ssl_channel_credentials(
        root_certificates=tls.ca_file.read_bytes(),
        private_key=own.key_file.read_bytes() if own else None,
        certificate_chain=own.certificate_file.read_bytes() if own else None,
    )
    return grpc.aio.secure_channel(target, credentials, options=_OPTIONS)
