"""The real http role on real PostgreSQL, as its callers meet it; and what it keeps."""

from __future__ import annotations

import json
import re
import resource
import socket
from collections.abc import Iterable, Sequence
from hashlib import sha256
from http.client import HTTPConnection, HTTPResponse
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import asyncpg
import attrs

from referrals_adapters.postgres.settings import PostgresSettings
from referrals_adapters.shopify.signature import HEADER, sign
from referrals_adapters.system.address import Address
from referrals_adapters.wire.documents import from_document
from referrals_domain.model.order import OrderFacts
from referrals_domain.testing.builders import CODE, REFERRAL, SHOP
from tests.shopify.test_privacy import EVERYWHERE, PERSONAL
from tests.tally import tried
from tests.webhook.orders import PATH, SECRET, order

if TYPE_CHECKING:
    from tests.webhook.program import Process

Header: TypeAlias = tuple[bytes, bytes]
Answered: TypeAlias = tuple[int, str]
"""The status, and the one word that the answer says."""

STORED: Final[Answered] = (200, "stored")
REPEATED: Final[Answered] = (200, "repeated")
QUARANTINED: Final[Answered] = (200, "quarantined")
NO_SIGNAL: Final[Answered] = (200, "no_signal")
NO_PROGRAM: Final[Answered] = (200, "no_program")
UNSIGNED: Final[Answered] = (401, "unsigned")
TOO_SLOW: Final[Answered] = (408, "body_too_slow")
TOO_LONG: Final[Answered] = (413, "body_too_long")
NOT_JSON: Final[Answered] = (415, "not_plain_json")
AWAY: Final[Answered] = (503, "unavailable")

JSON: Final[Header] = (b"Content-Type", b"application/json")
SHOP_HEADER: Final = b"X-Shopify-Shop-Domain"

_PERSONAL: Final = (PERSONAL.pattern, b"canary".hex(), CODE, REFERRAL, SECRET)
"""In hexadecimal too: PostgreSQL writes bytes so."""
_WRONG: Final = ("traceback", "exception in asgi", "never retrieved", "neither stored nor kept")
_UNSPEAKABLE: Final = re.compile("|".join((*_PERSONAL, *_WRONG)), re.IGNORECASE)
_LINES: Final = 16
_NUMBERS: Final = count(7_000_000_000_000)


def new_id() -> int:
    """Return the number of an order that nobody has posted."""
    return next(_NUMBERS)


def personal(**changes: Any) -> bytes:
    """Return an order full of a person's data, with a code, with changes."""
    notes = [*EVERYWHERE["note_attributes"], {"name": "ref", "value": CODE}]
    return order(**(EVERYWHERE | {"note_attributes": notes, "id": new_id()} | changes))


def signature(body: bytes, secret: str = SECRET) -> Header:
    """Return the header that signs a body."""
    return HEADER, sign(body, secret)


def headers(body: bytes, *, shop: str = SHOP) -> list[Header]:
    """Return the headers that Shopify sends with a body."""
    return [JSON, signature(body), (SHOP_HEADER, shop.encode())]


def assert_discreet(log: str) -> None:
    """Check that a log shows nobody's data, and no error of ours."""
    assert not _UNSPEAKABLE.search(log)


def ask(line: HTTPConnection, body: bytes, headers_: Iterable[Header]) -> None:
    """Post a body."""
    line.putrequest("POST", PATH, skip_accept_encoding=True)
    line.putheader("Content-Length", str(len(body)))
    for name, value in headers_:
        line.putheader(name.decode(), value)
    line.endheaders(body)


def answer(line: HTTPConnection) -> Answered:
    """Wait for the answer to what was asked."""
    return answered(line.getresponse())


def answered(response: HTTPResponse) -> Answered:
    """Read an answer, and count what it was given to as a bad input."""
    with response:
        (word,) = json.load(response).values()
    tried("webhook")
    return response.status, word


def status(line: HTTPConnection) -> int:
    """Wait for an answer and pass over it; close the line if the process does."""
    response = HTTPResponse(line.sock)
    response.begin()
    response.read()
    if response.will_close:
        line.close()
    return response.status


def request(body: bytes, headers_: Iterable[Header]) -> bytes:
    """Return the bytes that post a body."""
    head = [f"POST {PATH} HTTP/1.1".encode(), b"Host: x", b"Content-Length: %d" % len(body)]
    lines = [name + b": " + value for name, value in headers_]
    return b"\r\n".join([*head, *lines, b"", body])


@attrs.define(kw_only=True)
class Door:
    """
    The process, from its callers' side. Calls block; the process does not mind.

    Args:
        pid: The process.
        address: Where it listens.
        log: Where its standard output and error go.
        database: Its database, with a program and a link; nobody empties it.
    """

    pid: int
    address: Address
    log: Path
    database: PostgresSettings
    _log_read: int = attrs.field(default=0, init=False)
    _lines: Sequence[HTTPConnection] = attrs.field(init=False)

    @classmethod
    async def of(cls, process: Process, database: PostgresSettings) -> Door:
        """Return the door of a process, once it is open."""
        return cls(
            pid=process.child.pid,
            address=Address.parse((await process.url()).removeprefix("http://")),
            log=process.child.log,
            database=database,
        )

    @_lines.default
    def _unconnected(self) -> Sequence[HTTPConnection]:
        host, port = self.address.host, self.address.port
        return [HTTPConnection(host, port, timeout=10) for _ in range(_LINES)]

    def post(self, body: bytes, headers_: Sequence[Header] | None = None) -> Answered:
        """Post a body, unless told otherwise as Shopify would, and count it as a bad input."""
        ask(self._lines[0], body, headers(body) if headers_ is None else headers_)
        return answer(self._lines[0])

    def post_all(self, bodies: Iterable[bytes]) -> list[Answered]:
        """Post bodies as Shopify would, some at a time; return the answers in their order."""
        waiting, answers = iter(bodies), []
        while some := list(islice(waiting, _LINES)):
            for line, body in zip(self._lines, some, strict=False):
                ask(line, body, headers(body))
            answers += [answer(line) for line in self._lines[: len(some)]]
        return answers

    def say_all(self, requests: Iterable[bytes]) -> list[int]:
        """Say the bytes of requests, some at a time; return the statuses in their order."""
        waiting, statuses = iter(requests), []
        while some := list(islice(waiting, _LINES)):
            for line, one in zip(self._lines, some, strict=False):
                line.send(one)
            statuses += [status(line) for line in self._lines[: len(some)]]
        return statuses

    def say(self, one: bytes) -> Answered:
        """Say a request on a connection of its own, and wait for its answer and its end."""
        with socket.create_connection((self.address.host, self.address.port), timeout=10) as line:
            line.sendall(one)
            response = HTTPResponse(line)
            response.begin()
            assert response.will_close
            return answered(response)

    def hang_up(self) -> None:
        """Close all connections; others are opened when they are needed."""
        for line in self._lines:
            line.close()

    def memory(self) -> int:
        """Return how many bytes of memory the process holds."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize()

    def assert_discreet(self) -> None:
        """Check that the log, since it was last looked at, is discreet."""
        with self.log.open("rb") as log:
            log.seek(self._log_read)
            said = log.read().decode(errors="replace")
            self._log_read = log.tell()
        assert_discreet(said)


@attrs.frozen
class Kept:
    """
    What PostgreSQL holds in the end.

    Args:
        connection: A connection to the door's database.
    """

    connection: asyncpg.Connection[asyncpg.Record]

    async def facts(self, order_id: str) -> list[OrderFacts]:
        """Return the facts of every delivery of an order."""
        rows = await self.connection.fetch(
            "SELECT facts FROM deliveries WHERE order_id = $1 ORDER BY id", order_id
        )
        return [from_document(OrderFacts, row["facts"]) for row in rows]

    async def waiting(self) -> int:
        """Return how many deliveries no worker has finished."""
        number = await self.connection.fetchval(
            "SELECT count(*) FROM deliveries WHERE outcome IS NULL"
        )
        assert isinstance(number, int)
        return number

    async def reason(self, body: bytes) -> str | None:
        """Return why a body is in the quarantine, byte for byte; None if it is not."""
        row = await self.connection.fetchrow(
            "SELECT body, reason FROM quarantine WHERE digest = $1", sha256(body).digest()
        )
        if row is None:
            return None
        assert row["body"] == body
        return str(row["reason"])
