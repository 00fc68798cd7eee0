"""Certificates in files: read at once or refused in one line, and read anew when they change."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.wire.certificates import SOON, Renewed, expires_at
from referrals_adapters.wire.renewing import RenewingContext
from referrals_adapters.wire.tls import ClientTls, ServerTls
from referrals_adapters.wire.variables import SettingsError, Variables
from tests.logged import written
from tests.tls.authority import HOST, Authority, before, server_context

if TYPE_CHECKING:
    from pathlib import Path

    from referrals_adapters.wire.tls import Identity

PREFIX = "REFERRALS_DB_TLS"
CA, CERTIFICATE, KEY = (f"{PREFIX}_{part}_FILE" for part in ("CA", "CERTIFICATE", "KEY"))
CLIENT_CA = f"{PREFIX}_CLIENT_CA_FILE"


@pytest.fixture
def own(authority: Authority) -> Identity:
    return authority.identity("us")


@pytest.fixture
def whole(authority: Authority, own: Identity) -> dict[str, str]:
    return {
        CA: str(authority.ca_file),
        CERTIFICATE: str(own.certificate_file),
        KEY: str(own.key_file),
    }


def test_connections_are_not_encrypted_if_nothing_is_set() -> None:
    nothing = Variables(dict.fromkeys((CA, CERTIFICATE, KEY, CLIENT_CA), ""))
    assert ClientTls.read(nothing, PREFIX) is None
    assert ServerTls.read(nothing, PREFIX) is None


def test_an_authority_is_enough_for_a_client(authority: Authority) -> None:
    tls = ClientTls.read(Variables({CA: str(authority.ca_file)}), PREFIX)
    assert tls == authority.client(PREFIX)


def test_a_client_may_say_who_it_is(
    authority: Authority, own: Identity, whole: dict[str, str]
) -> None:
    assert ClientTls.read(Variables(whole), PREFIX) == authority.client(PREFIX, own)


@pytest.mark.parametrize("name", [CA, CERTIFICATE, KEY])
def test_part_of_the_files_is_never_taken_for_none(whole: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is not set$"):
        ClientTls.read(Variables(whole | {name: ""}), PREFIX)


def test_a_server_that_asks_who_clients_are_must_say_who_it_is(authority: Authority) -> None:
    with pytest.raises(SettingsError, match=f"^{CERTIFICATE} is not set$"):
        ServerTls.read(Variables({CLIENT_CA: str(authority.ca_file)}), PREFIX)


@pytest.mark.parametrize(
    ("name", "says", "line"),
    [
        (CA, None, f"{CA}: it cannot be read: No such file or directory"),
        (CA, "", f"{CA}: no certificate, or no key, can be read from it"),
        (CA, "hunter2", f"{CA}: no certificate, or no key, can be read from it"),
        (CERTIFICATE, None, f"{CERTIFICATE} and {KEY}: it cannot be read: No such file or"),
        (CERTIFICATE, "hunter2", f"{CERTIFICATE} and {KEY}: no certificate, or no key, can"),
        (KEY, "hunter2", f"{CERTIFICATE} and {KEY}: no certificate, or no key, can be read"),
        (CLIENT_CA, "hunter2", f"{CLIENT_CA}: no certificate, or no key, can be read from it"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_without_what_it_says(
    tmp_path: Path, whole: dict[str, str], name: str, says: str | None, line: str
) -> None:
    file = tmp_path / "wrong.pem"
    if says is not None:
        file.write_text(says)
    kind = ServerTls if name == CLIENT_CA else ClientTls
    with pytest.raises(SettingsError) as refused:
        kind.read(Variables(whole | {name: str(file)}), PREFIX)
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


def test_a_key_of_another_certificate_is_refused(
    authority: Authority, whole: dict[str, str]
) -> None:
    other = authority.identity("other")
    with pytest.raises(SettingsError, match=r"the key is not that of the certificate$"):
        ClientTls.read(Variables(whole | {KEY: str(other.key_file)}), PREFIX)


@pytest.mark.parametrize(
    "end", [datetime(2049, 12, 31, tzinfo=UTC), datetime(2051, 1, 2, tzinfo=UTC)]
)
def test_it_is_told_when_a_certificate_ends(authority: Authority, end: datetime) -> None:
    made = authority.identity("long", ends_in=end - datetime.now(UTC))
    assert abs(expires_at(made.certificate_file) - end) < timedelta(minutes=1)


def renewed(authority: Authority, own: Identity, now: datetime) -> Renewed[ssl.SSLContext]:
    tls = authority.client(PREFIX, own)
    renewed = Renewed.of(tls, tls.context)
    renewed.now = lambda: now
    return renewed


def test_what_did_not_change_is_not_made_anew(authority: Authority, own: Identity) -> None:
    context = renewed(authority, own, datetime.now(UTC))
    assert context.current() is context.current()


def test_what_changed_is_made_anew(
    authority: Authority, own: Identity, caplog: pytest.LogCaptureFixture
) -> None:
    context = renewed(authority, own, datetime.now(UTC))
    before = context.current()
    authority.identity("us")
    with caplog.at_level(logging.INFO):
        assert context.current() is not before
    (line,) = written(caplog.records)
    assert (line["event"], line["variable"]) == ("certificates were renewed", CERTIFICATE)


def test_while_files_are_being_replaced_what_was_read_last_counts(
    authority: Authority, own: Identity, caplog: pytest.LogCaptureFixture
) -> None:
    context = renewed(authority, own, datetime.now(UTC))
    before, key = context.current(), own.key_file.read_bytes()
    authority.identity("us")
    new_key = own.key_file.read_bytes()
    own.key_file.write_bytes(key)  # the certificate is there, its key not yet
    assert context.current() is before
    assert context.current() is before
    (line,) = written(caplog.records)
    assert (line["event"], line["reason"]) == (
        "new certificates cannot be read",
        "the key is not that of the certificate",
    )
    own.key_file.unlink()
    assert context.current() is before
    own.key_file.write_bytes(new_key)
    assert context.current() is not before


def test_a_certificate_that_ends_soon_is_told_of_once_a_day(
    authority: Authority, own: Identity, caplog: pytest.LogCaptureFixture
) -> None:
    end = expires_at(own.certificate_file)
    context = renewed(authority, own, end - SOON - timedelta(seconds=1))
    context.current()
    assert caplog.records == []
    for hours in (0, 23, 25):
        context.now = lambda hours=hours: end - SOON + timedelta(hours=hours)  # type: ignore[misc]
        context.current()
    lines = written(caplog.records)
    assert [line["event"] for line in lines] == ["a certificate ends soon"] * 2
    assert [line["variable"] for line in lines] == [CERTIFICATE] * 2
    assert [line["seconds"] for line in lines] == [
        SOON.total_seconds(),
        SOON.total_seconds() - 25 * 3600,
    ]


async def test_why_a_connection_failed_is_logged_once_a_minute(
    authority: Authority, stranger: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    context = RenewingContext(authority.client(PREFIX))
    strange = server_context(stranger.server(stranger.identity("server")))
    async with before(1, strange) as front:
        for _ in range(3):
            with pytest.raises(ssl.SSLCertVerificationError):
                await asyncio.open_connection(HOST, front.port, ssl=context)
    assert len(written(caplog.records)) == 1


def test_old_versions_of_tls_are_refused(authority: Authority, own: Identity) -> None:
    tls = authority.client(PREFIX, own)
    assert tls.context().minimum_version >= ssl.TLSVersion.TLSv1_2
    assert tls.context().check_hostname
    assert os.environ.get("SSLKEYLOGFILE") is None, "else anybody can read what is encrypted"
