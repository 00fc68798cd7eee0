"""Our connections to servers are encrypted, to the right server, with what the files say now."""

from __future__ import annotations

import logging
import ssl
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs
import pytest

from referrals_adapters.postgres.leadership import PostgresLeadership
from tests.logged import written
from tests.tls.authority import HOST, Authority, server_context
from tests.tls.talks import SERVERS, Talk, ours, talk_with, understood, with_postgres
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_sandbox.servers.running import Servers

EXPIRED = timedelta(days=-1)


def der_of(file: Path) -> bytes:
    """Return the first certificate of a file, as a connection shows it."""
    return ssl.PEM_cert_to_DER_cert(file.read_text().split(ssl.PEM_FOOTER)[0] + ssl.PEM_FOOTER)


@pytest.fixture(params=SERVERS)
async def talk(
    request: pytest.FixtureRequest,
    servers: Servers,
    database: PostgresSettings,
    authority: Authority,
) -> AsyncIterator[Talk]:
    tls = authority.server(authority.identity("server"))
    async with talk_with(request.param, servers, database, tls) as talk:
        yield talk


async def test_the_server_understands_us(talk: Talk, authority: Authority) -> None:
    async with talk.opened(ours(authority, talk)) as say:
        assert await say()
    assert set(talk.front.certificates) == {None}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("of a stranger", "unable to get local issuer certificate"),
        ("of another host", "IP address mismatch"),
        ("expired", "certificate has expired"),
    ],
)
async def test_a_server_with_a_wrong_certificate_is_told_nothing_and_logged(  # noqa: PLR0913, PLR0917 - fixtures
    talk: Talk,
    authority: Authority,
    stranger: Authority,
    caplog: pytest.LogCaptureFixture,
    wrong: str,
    reason: str,
) -> None:
    identity = {
        "of a stranger": lambda: stranger.identity("server"),
        "of another host": lambda: authority.identity("server", host="other.example"),
        "expired": lambda: authority.identity("server", ends_in=EXPIRED),
    }[wrong]()
    talk.front.context = server_context(authority.server(identity))
    async with talk.opened(ours(authority, talk)) as say:
        assert not await understood(say)
        assert not await understood(say)
    assert talk.front.certificates == []
    (line,) = [line for line in written(caplog.records) if "encrypted" in line["event"]]
    assert line["event"] == "a connection could not be encrypted"
    assert line["variable"] == f"{talk.prefix}_CA_FILE"
    assert reason in line["reason"]


async def test_a_postgres_that_does_not_encrypt_is_told_nothing(
    database: PostgresSettings, authority: Authority
) -> None:
    """The others speak no word before encryption; PostgreSQL is asked whether it will."""
    tls = authority.server(authority.identity("server"))
    async with with_postgres(database, tls) as talk:
        talk.front.port = talk.front.leads_to
        async with talk.opened(None) as say:
            assert await say()
        async with talk.opened(ours(authority, talk)) as say:
            assert not await understood(say)


async def test_a_server_that_asks_who_we_are_is_told(talk: Talk, authority: Authority) -> None:
    asking = authority.server(authority.identity("server"), asks_clients=True)
    talk.front.context = server_context(asking)
    async with talk.opened(ours(authority, talk)) as say:
        assert not await understood(say)
    assert talk.front.certificates == []
    async with talk.opened(ours(authority, talk, "us")) as say:
        assert await say()
    assert set(talk.front.certificates) == {der_of(authority.folder / "us.pem")}


async def test_new_connections_show_the_new_certificate(
    talk: Talk, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    asking = authority.server(authority.identity("server"), asks_clients=True)
    talk.front.context = server_context(asking)
    async with talk.opened(ours(authority, talk, "us")) as say:
        assert await say()
        with caplog.at_level(logging.INFO):
            authority.identity("us")
            talk.front.certificates.clear()
            await talk.front.end()
            await until(lambda: understood(say))
        assert set(talk.front.certificates) == {der_of(authority.folder / "us.pem")}


async def test_an_authority_that_was_taken_out_counts_no_more(
    talk: Talk, authority: Authority, stranger: Authority
) -> None:
    async with talk.opened(ours(authority, talk)) as say:
        assert await say()
        new = stranger.ca_file.read_bytes()
        (authority.folder / "ca.pem").write_bytes(new)
        talk.front.certificates.clear()
        await talk.front.end()
        for _ in range(3):  # the first may only find that the connection is lost
            assert not await understood(say)
        assert talk.front.certificates == []
        talk.front.context = server_context(stranger.server(stranger.identity("server")))
        await until(lambda: understood(say))


async def test_who_leads_connects_over_tls(
    database: PostgresSettings, authority: Authority
) -> None:
    asking = authority.server(authority.identity("server"), asks_clients=True)
    async with with_postgres(database, asking) as talk:
        settings = attrs.evolve(
            database, host=HOST, port=talk.front.port, tls=ours(authority, talk, "us")
        )
        async with PostgresLeadership(settings, "tls").held():
            assert len(talk.front.certificates) == 1
