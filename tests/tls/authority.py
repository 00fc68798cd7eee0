"""Certificates for tests, and servers behind them."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import trustme

from referrals_adapters.wire.tls import ClientTls, Identity, ServerTls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

HOST: Final = "127.0.0.1"
_SSL_REQUEST: Final = b"\0\0\0\x08\x04\xd2\x16\x2f"  # how a client of PostgreSQL asks for TLS
_CHUNK: Final = 65_536


@attrs.frozen
class Authority:
    """
    Who makes certificates.

    Args:
        folder: Where they lie.
        ca: The authority itself.
    """

    folder: Path
    ca: trustme.CA = attrs.field(factory=trustme.CA)

    @property
    def ca_file(self) -> Path:
        """The authority's own certificate."""
        file = self.folder / "ca.pem"
        if not file.exists():
            _write(file, self.ca.cert_pem.bytes())
        return file

    def identity(
        self, name: str, *, host: str = HOST, ends_in: timedelta = timedelta(days=90)
    ) -> Identity:
        """Make a certificate for a host, in place of the one of that name."""
        ends = datetime.now(UTC) + ends_in
        made = self.ca.issue_cert(host, not_before=ends - timedelta(days=365), not_after=ends)
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        _write(certificate, b"".join(blob.bytes() for blob in made.cert_chain_pems))
        _write(key, made.private_key_pem.bytes())
        return Identity(certificate_file=certificate, key_file=key)

    def client(self, prefix: str, identity: Identity | None = None) -> ClientTls:
        """Return how a client of ours connects."""
        return ClientTls(prefix=prefix, ca_file=self.ca_file, identity=identity)

    def server(self, identity: Identity, *, asks_clients: bool = False) -> ServerTls:
        """Return how clients connect to us."""
        client_ca_file = self.ca_file if asks_clients else None
        return ServerTls(
            prefix="REFERRALS_GRPC_TLS", identity=identity, client_ca_file=client_ca_file
        )


def _write(file: Path, content: bytes) -> None:
    """Replace a file as a whole, as whoever renews certificates does."""
    new = file.with_suffix(".new")
    new.write_bytes(content)
    new.replace(file)


def server_context(tls: ServerTls) -> ssl.SSLContext:
    """Return what a server encrypts by."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["h2"])  # as gRPC demands; others do not ask
    tls.identity.load_into(context)
    if tls.client_ca_file:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(tls.client_ca_file)
    return context


@attrs.define
class Front:
    """
    What stands before a server that cannot encrypt: it does, and passes on what it understood.

    Args:
        leads_to: The server's port.
        context: How it encrypts new connections.
        asked_first: Whether clients ask for encryption first, as PostgreSQL's do.
        port: Its own port.
        certificates: What clients showed, one a connection.
    """

    leads_to: int
    context: ssl.SSLContext
    asked_first: bool = False
    port: int = attrs.field(default=0, init=False)
    certificates: list[bytes | None] = attrs.field(factory=list, init=False)
    _passing: set[asyncio.Task[None]] = attrs.field(factory=set, init=False)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._passing.add(task)
        try:
            # Either side may leave, and the test may end it.
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._take(reader, writer)
        finally:
            self._passing.discard(task)
            writer.transport.abort()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.asked_first:
            assert await reader.readexactly(len(_SSL_REQUEST)) == _SSL_REQUEST
            writer.write(b"S")
        await writer.start_tls(self.context)
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        self.certificates.append(shown)
        behind, before = await asyncio.open_connection(HOST, self.leads_to)
        try:
            await _first_of(_pass_on(reader, before), _pass_on(behind, writer))
        finally:
            before.transport.abort()

    async def end(self) -> None:
        """End every connection."""
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)


async def _first_of(*works: Awaitable[None]) -> None:
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()


@asynccontextmanager
async def before(
    port: int, context: ssl.SSLContext, *, asked_first: bool = False
) -> AsyncIterator[Front]:
    """Encrypt what clients say to the server on a port, within the block."""
    front = Front(port, context, asked_first)
    server = await asyncio.start_server(front.take, HOST, 0)
    front.port = server.sockets[0].getsockname()[1]
    try:
        yield front
    finally:
        server.close()
        await front.end()
