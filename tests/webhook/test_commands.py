"""Every command of `referrals-webhook` that acts answers programs, and tells of its settings."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from referrals_webhook.__main__ import main
from tests.commands.programs import ACTING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_sandbox.servers.running import Servers

ANSWERS: Final[Mapping[str, tuple[tuple[str, ...], Any]]] = {
    "migrate": (("--json",), {"applied": []}),
    "held list": (("--json",), []),
    "held release": (("--all", "--json"), {"released": [], "not_held": []}),
    "outbox list": (("--json",), []),
    "outbox retry": (("--all", "--json"), {"retried": [], "not_refused": []}),
    "privacy list": (("--json",), []),
    "privacy export": (
        ("--merchant", "acme", "--customer", "4711"),
        {
            "merchant_id": "acme",
            "customer_id": "4711",
            "referral_links": [],
            "referrals": [],
            "orders": [],
        },
    ),
    "privacy redact": (
        ("--merchant", "acme", "--customer", "4711", "--json"),
        {"receipt": "stored"},
    ),
    "reconcile": (("--json",), []),
}
"""What to type behind each command, and what it answers where nothing waits."""


@pytest.fixture
def environment(
    monkeypatch: pytest.MonkeyPatch, migrated: PostgresSettings, servers: Servers, tmp_path: Path
) -> pytest.MonkeyPatch:
    """The environment of a person who may do everything."""
    for name in ("host", "port", "name", "user"):
        monkeypatch.setenv(f"REFERRALS_DB_{name.upper()}", str(getattr(migrated, name)))
    monkeypatch.setenv("REFERRALS_DB_PASSWORD", migrated.password.revealed())
    shops = tmp_path / "shops.json"
    shops.write_text("{}")
    monkeypatch.setenv("SHOPIFY_ADMIN_ACCESS_FILE", str(shops))
    monkeypatch.setenv("SHOPIFY_API_SECRET", "shpss_1")
    monkeypatch.setenv("REFERRALS_REDIS_HOST", servers.redis.host)
    monkeypatch.setenv("REFERRALS_REDIS_PORT", str(servers.redis.port))
    monkeypatch.setenv("REFERRALS_PUBLIC_URL", "https://go.example")
    return monkeypatch


def test_no_command_that_ends_by_itself_is_forgotten() -> None:
    acting = {str(one).partition(" ")[2] for one in ACTING if one.words[0] == "referrals-webhook"}
    assert acting == ANSWERS.keys() | {"run"}


@pytest.mark.usefixtures("environment", "stage", "database")
def test_a_program_reads_every_answer_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    for command, (words, answer) in ANSWERS.items():
        main([*command.split(), *words])
        assert json.loads(capsys.readouterr().out) == answer, command


@pytest.mark.parametrize(
    ("command", "database", "condition"),
    [
        ("held list", "postgres", "UndefinedTableError"),
        ("migrate", "postgres", "InsufficientPrivilegeError"),
        ("privacy list", "nowhere", "InvalidCatalogNameError"),
    ],
)
def test_what_keeps_a_command_from_the_tables_is_one_line(
    environment: pytest.MonkeyPatch,
    servers: Servers,
    command: str,
    database: str,
    condition: str,
) -> None:
    environment.setenv("REFERRALS_DB_NAME", database)
    environment.setenv("REFERRALS_DB_USER", servers.database.user)
    environment.setenv("REFERRALS_DB_PASSWORD", servers.database.password)
    with pytest.raises(SystemExit) as ended:
        main(command.split())
    line = str(ended.value.code)
    assert line.startswith(f"referrals-webhook: PostgreSQL: {condition}; see that it runs, ")
    assert line.endswith("and that `referrals-webhook migrate` was run")


@pytest.mark.usefixtures("environment", "stage", "database")
def test_what_does_not_hold_is_told_in_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    for words, answer in (
        (["held", "release"], {"released": [], "not_held": [17]}),
        (["outbox", "retry"], {"retried": [], "not_refused": [17]}),
    ):
        with pytest.raises(SystemExit):
            main([*words, "17", "--json"])
        assert json.loads(capsys.readouterr().out) == answer


async def test_migrate_tells_what_it_applied(
    blank_database: PostgresSettings,
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment.setenv("REFERRALS_DB_NAME", blank_database.name)
    await asyncio.to_thread(main, ["migrate", "--json"])
    told = capsys.readouterr()
    applied = json.loads(told.out)["applied"]
    assert len(applied) >= 10
    assert applied == sorted(applied)
    steps = [line for line in told.err.splitlines() if "Running upgrade" in line]
    assert len(steps) == len(applied)
