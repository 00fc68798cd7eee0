from __future__ import annotations

import attrs
import pytest

from referrals_adapters.postgres.settings import PostgresSettings
from referrals_adapters.wire.variables import SettingsError, Variables

ALL = {
    "REFERRALS_DB_HOST": "db.internal",
    "REFERRALS_DB_PORT": "6000",
    "REFERRALS_DB_NAME": "other",
    "REFERRALS_DB_USER": "app",
    "REFERRALS_DB_PASSWORD": "s3:cr@t",
}

REPLICA = {"REFERRALS_DB_REPLICA_HOST": "replica.internal"}


def test_every_variable_is_read() -> None:
    assert PostgresSettings.read(Variables(ALL)) == PostgresSettings(
        host="db.internal", port=6000, name="other", user="app", password="s3:cr@t"
    )


def test_port_and_name_have_defaults() -> None:
    given = {name: value for name, value in ALL.items() if not name.endswith(("_PORT", "_NAME"))}
    settings = PostgresSettings.read(Variables(given))
    assert (settings.port, settings.name) == (5434, "referrals_db")


@pytest.mark.parametrize("name", ["HOST", "USER", "PASSWORD"])
def test_what_is_missing_is_named(name: str) -> None:
    given = {**ALL, f"REFERRALS_DB_{name}": ""}
    with pytest.raises(SettingsError, match=f"REFERRALS_DB_{name}"):
        PostgresSettings.read(Variables(given))


def test_there_is_no_replica_unless_one_is_named() -> None:
    assert PostgresSettings.read_replica(Variables(ALL)) is None


def test_a_replica_is_as_the_primary_but_for_where_it_is() -> None:
    replica = PostgresSettings.read_replica(Variables(ALL | REPLICA))
    assert replica == attrs.evolve(PostgresSettings.read(Variables(ALL)), host="replica.internal")


def test_a_replica_may_have_a_port_of_its_own() -> None:
    given = ALL | REPLICA | {"REFERRALS_DB_REPLICA_PORT": "6001"}
    replica = PostgresSettings.read_replica(Variables(given))
    assert replica
    assert (replica.host, replica.port) == ("replica.internal", 6001)


def test_the_password_is_never_shown() -> None:
    settings = PostgresSettings.read(Variables(ALL))
    assert "s3" not in repr(settings)
    assert settings.password.revealed() == "s3:cr@t"
