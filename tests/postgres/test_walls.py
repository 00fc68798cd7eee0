"""The database keeps merchants apart, whatever a statement asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from referrals_adapters.postgres.engine import open_engine
from referrals_adapters.postgres.errors import sqlstate
from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.postgres.statuses import PostgresStatuses
from referrals_adapters.postgres.tables import metadata
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_adapters.postgres.walls import sees_every_merchant
from referrals_domain.model.identifiers import MerchantId, ReferralId, ReferralKey
from referrals_domain.testing.builders import MERCHANT
from tests.conftest import execute
from tests.postgres.plans import plans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.pool import Pool
    from referrals_adapters.postgres.settings import PostgresSettings

OTHER: Final = MerchantId("other")
WALLED: Final = sorted(
    table.name for table in metadata.sorted_tables if "merchant_id" in table.columns
)
OF_NO_CALL: Final = {"deliveries", "watermarks"}
"""What the gRPC service may not even ask for."""

_DENIED: Final = "42501"
_POLICIES: Final = text("""
    SELECT tables.relname AS table, relrowsecurity AS walled, relforcerowsecurity AS forced,
           policies.*
    FROM pg_class AS tables
    LEFT JOIN LATERAL (
        SELECT array_agg(policyname::text ORDER BY policyname) AS names,
               array_agg(roles::text ORDER BY policyname) AS roles,
               array_agg(cmd ORDER BY policyname) AS commands,
               array_agg(qual ORDER BY policyname) AS conditions
        FROM pg_policies WHERE tablename = tables.relname
    ) AS policies ON true
    WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace = 'public'::regnamespace
        AND EXISTS (
            SELECT FROM pg_attribute
            WHERE attrelid = tables.oid AND attname = 'merchant_id' AND NOT attisdropped
        )
    ORDER BY tables.relname
""")
_ACTED_FOR: Final = (
    "COALESCE((merchant_id = ANY (( SELECT string_to_array(current_setting("
    "'referrals.acting_for'::text, true), ','::text) AS string_to_array)::text[])), false)"
)
_FILL: Final = """
    INSERT INTO referrals (
        merchant_id, id, customer_id, referral_link_id, status, cause, version,
        opened_at, updated_at
    )
    SELECT merchant_id, gen_random_uuid(), number, gen_random_uuid(), 'PENDING', 'link_shared', 1,
           now(), now()
    FROM generate_series(1, {number}) AS number,
         unnest(ARRAY['acme', 'other', 'third']) AS merchant_id;
    INSERT INTO visits (merchant_id, referral_id, referral_link_id, day, number)
    SELECT merchant_id, id, referral_link_id, '2026-11-01', 1 FROM referrals;
    INSERT INTO referral_history (merchant_id, referral_id, version, status, cause, at)
    SELECT merchant_id, id, 1, status, cause, now() FROM referrals;
    ANALYZE referrals
"""


@pytest.fixture
async def three(migrated: PostgresSettings, walled_database: PostgresSettings) -> PostgresSettings:
    """The database as its owner sees it, with rows of three merchants."""
    assert walled_database.name == migrated.name
    await execute(migrated, _FILL.format(number=20))
    return migrated


async def _ask(
    engine: AsyncEngine, statement: str, acting_for: str | None = None
) -> Sequence[Any]:
    async with engine.connect() as connection:
        if acting_for is not None:
            await connection.execute(
                text("SELECT set_config('referrals.acting_for', :merchants, true)"),
                {"merchants": acting_for},
            )
        return (await connection.execute(text(statement))).all()


async def test_every_table_that_names_a_merchant_has_a_wall(migrated: PostgresSettings) -> None:
    """Whoever adds a table learns it here."""
    async with open_engine(migrated) as engine, engine.connect() as connection:
        rows = (await connection.execute(_POLICIES)).all()
    assert [row.table for row in rows] == WALLED
    for row in rows:
        assert (row.walled, row.forced) == (True, False), row.table
        assert row.names == ["acted_for", "every_merchant"], row.table
        assert row.roles == ["{referrals_merchant}", "{referrals_services}"], row.table
        assert row.commands == ["ALL", "ALL"], row.table
        assert row.conditions == [_ACTED_FOR, "true"], row.table


@pytest.mark.usefixtures("three")
async def test_who_says_nothing_sees_nothing(walled_engine: AsyncEngine) -> None:
    for table in sorted({*WALLED} - OF_NO_CALL):
        assert await _ask(walled_engine, f"TABLE {table}") == []
    assert len(await _ask(walled_engine, "TABLE referrals", "acme")) == 20
    # a session that has said it once has an empty parameter afterwards, and not none
    assert await _ask(walled_engine, "SELECT current_setting('referrals.acting_for')") == [("",)]
    assert await _ask(walled_engine, "SELECT merchant_id FROM referrals") == []


@pytest.mark.parametrize(
    ("acting_for", "seen"),
    [
        ("acme", ["acme"]),
        ("acme,other", ["acme", "other"]),
        ("acm", []),
        ("acme-", []),
        ("ACME", []),
        ("%", []),
        ("acme, other", ["acme"]),
        ("", []),
    ],
)
@pytest.mark.usefixtures("three")
async def test_who_says_for_whom_sees_their_rows(
    walled_engine: AsyncEngine, acting_for: str, seen: list[str]
) -> None:
    for table in ("referrals", "visits", "referral_history"):
        rows = await _ask(walled_engine, f"TABLE {table}", acting_for)
        assert sorted({row.merchant_id for row in rows}) == seen


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO requests VALUES ('other', gen_random_uuid(), '', gen_random_uuid(), now())",
        "UPDATE referrals SET merchant_id = 'other'",
        "INSERT INTO stale_statuses VALUES ('other', gen_random_uuid(), 1)",
        "SELECT FROM outbox",
        "SELECT FROM quarantine",
        "SELECT FROM deliveries",
        "DELETE FROM referrals",
        "UPDATE referral_history SET cause = 'order_paid'",
        "UPDATE requests SET created_at = now()",
        "SELECT FROM alembic_version",
        "SELECT forget_history(ARRAY['acme'], ARRAY[gen_random_uuid()])",
        "ALTER TABLE referrals DISABLE ROW LEVEL SECURITY",
        "DROP POLICY acted_for ON referrals",
        "CREATE POLICY own ON referrals USING (true)",
        "CREATE TABLE own (id int)",
        "CREATE VIEW own AS TABLE referrals",
        "SET ROLE referrals_services",
        "SET ROLE referrals",
    ],
)
@pytest.mark.usefixtures("three")
async def test_the_grpc_service_can_do_no_more_than_its_calls(
    walled_engine: AsyncEngine, statement: str
) -> None:
    with pytest.raises(ProgrammingError) as raised:
        await _ask(walled_engine, statement, "acme")
    assert sqlstate(raised.value.orig) == _DENIED


async def test_what_is_hidden_is_not_changed_either(
    three: PostgresSettings, walled_engine: AsyncEngine
) -> None:
    async with walled_engine.begin() as connection:
        await connection.execute(text("SELECT set_config('referrals.acting_for', 'acme', true)"))
        changed = await connection.execute(text("UPDATE referrals SET version = 2"))
    assert changed.rowcount == 20
    async with open_engine(three) as owner:
        rows = await _ask(owner, "SELECT DISTINCT merchant_id FROM referrals WHERE version = 2")
    assert [row.merchant_id for row in rows] == ["acme"]


async def test_a_transaction_acts_for_its_merchant_and_no_longer_than_it_lasts(
    three: PostgresSettings, walled_database: PostgresSettings
) -> None:
    (key,) = await _keys(three, "acme", 1)
    async with open_pool(walled_database, connections=1) as pool:
        for merchants, seen in (([MERCHANT], [key]), ([OTHER], []), ([], []), ([MERCHANT], [key])):
            async with PostgresTransaction(pool, merchants) as tx:
                assert [*await tx.referrals.get([key])] == seen


async def test_a_read_of_statuses_acts_for_whom_it_reads(
    three: PostgresSettings, walled_database: PostgresSettings
) -> None:
    keys = [*await _keys(three, "acme", 20), *await _keys(three, "other", 20)]
    async with open_pool(walled_database, connections=1) as pool:
        found = await PostgresStatuses(pool).read(keys)
        assert all(found[key] for key in keys)
        assert await pool.fetch("SELECT merchant_id FROM referrals") == []


async def test_a_status_behind_the_wall_is_found_by_its_key(
    migrated: PostgresSettings,
    walled_engine: AsyncEngine,
    walled_pool: Pool,
    asked: list[tuple[str, Any]],
) -> None:
    """And for whom it acts is said before any row is read."""
    await execute(migrated, _FILL.format(number=2_000))
    for size in (1, 20):
        asked.clear()
        await PostgresStatuses(walled_pool).read(await _keys(migrated, "acme", size))
        ((statement, parameters),) = asked
        for plan in await plans(walled_engine, statement, parameters):
            assert plan.startswith("Result ")
            assert plan.splitlines()[1].lstrip().startswith("One-Time Filter: ((InitPlan 1)")
            assert "Index Scan using pk_referrals on referrals" in plan
            assert "Index Cond: ((merchant_id = given.merchant_id) AND (id = given.id))" in plan


async def test_who_sees_every_merchant_is_known(
    migrated: PostgresSettings, database: PostgresSettings, walled_database: PostgresSettings
) -> None:
    for settings, sees_every in ((migrated, True), (database, True), (walled_database, False)):
        async with open_pool(settings) as pool:
            assert await sees_every_merchant(pool) == sees_every


async def _keys(owner: PostgresSettings, merchant: str, size: int) -> list[ReferralKey]:
    async with open_engine(owner) as engine:
        rows = await _ask(
            engine,
            f"SELECT id::text FROM referrals WHERE merchant_id = '{merchant}' LIMIT {size}",  # noqa: S608 - both are ours
        )
    return [ReferralKey(MerchantId(merchant), ReferralId(row.id)) for row in rows]
