"""
Millions of referrals, as they lie there after years: most expired, some completed by an order.

Their orders are multiplied from one that the service itself settled, so that rows have their real
size. Indexes and keys are made again when all rows are there, as a restore does it.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from typing import TYPE_CHECKING, Final
from uuid import UUID

from referrals_sandbox.bench import tables
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_sandbox.servers.postgres import Database

COMPLETED_ONE_IN: Final = 14
"""Some 7 % of all shares make a friend order."""

SHARES: Final = 10
"""Of each link."""

_MEMORY: Final = "SET maintenance_work_mem = '512MB'"
_NUMBERED: Final = "md5('crowd-{0}-' || {1})::uuid"
_ID: Final = _NUMBERED.format("referral", "number")
_LINK: Final = _NUMBERED.format("link", f"number / {SHARES}")
_IS_COMPLETED: Final = f"number % {COMPLETED_ONE_IN} = 0"
_MERCHANT: Final = f"($2::text[])[1 + number / {SHARES} % cardinality($2::text[])]"
_ADVOCATE: Final = f"(6000000000000 + number / {SHARES})::text"
_FRIEND: Final = "(5000000000000 + number)::text"
_ORDER: Final = "(4000000000000 + number)::text"
_SHARED_AT: Final = "now() - interval '1 day' * (31 + number % 700)"

_LINKS: Final = f"""
    INSERT INTO referral_links (merchant_id, id, customer_id, code, created_at)
    SELECT {_MERCHANT}, {_LINK}, {_ADVOCATE}, to_char(number / {SHARES}, 'FM0000000000'), now()
    FROM generate_series(0, $1 - 1, {SHARES}) AS number
"""  # noqa: S608 - of constants
_REFERRALS: Final = f"""
    INSERT INTO referrals (
        merchant_id, id, customer_id, referral_link_id, channel, status, cause, version,
        opened_at, updated_at, order_id, referred_customer_id
    )
    SELECT
        {_MERCHANT}, {_ID}, {_ADVOCATE}, {_LINK}, 'sms',
        CASE WHEN {_IS_COMPLETED} THEN 'COMPLETED' ELSE 'EXPIRED' END,
        CASE WHEN {_IS_COMPLETED} THEN 'order_created' ELSE 'no_order' END, 2,
        {_SHARED_AT}, {_SHARED_AT} + interval '30 days',
        CASE WHEN {_IS_COMPLETED} THEN {_ORDER} END,
        CASE WHEN {_IS_COMPLETED} THEN {_FRIEND} END
    FROM generate_series(0, $1 - 1) AS number
"""  # noqa: S608 - of constants
_HISTORY: Final = f"""
    INSERT INTO referral_history (
        merchant_id, referral_id, version, from_status, status, cause, at
    )
    SELECT
        {_MERCHANT}, {_ID}, version, CASE version WHEN 2 THEN 'PENDING' END,
        CASE WHEN version = 1 THEN 'PENDING' WHEN {_IS_COMPLETED} THEN 'COMPLETED'
            ELSE 'EXPIRED' END,
        CASE WHEN version = 1 THEN 'link_shared' WHEN {_IS_COMPLETED} THEN 'order_created'
            ELSE 'no_order' END,
        {_SHARED_AT} + CASE version WHEN 2 THEN interval '30 days' ELSE interval '0' END
    FROM generate_series(0, $1 - 1) AS number, generate_series(1, 2) AS version
"""  # noqa: S608 - of constants
_ORDERS: Final = f"""
    INSERT INTO referred_orders (
        merchant_id, order_id, facts, evidence, attribution, referral_id, placed_on, explanation,
        address, heard_of_at
    )
    SELECT
        {_MERCHANT}, {_ORDER},
        replace(facts::text, order_id, {_ORDER})::jsonb, evidence, attribution, {_ID},
        ({_SHARED_AT})::date, explanation, address, {_SHARED_AT}
    FROM
        generate_series(0, $1 - 1, {COMPLETED_ONE_IN}) AS number,
        (
            SELECT order_id, facts, evidence, attribution, explanation, address
            FROM referred_orders WHERE referral_id IS NOT NULL LIMIT 1
        ) AS real
"""  # noqa: S608 - of constants
_FILLS: Final = {
    "referral_links": _LINKS,
    "referrals": _REFERRALS,
    "referral_history": _HISTORY,
    "referred_orders": _ORDERS,
}
_SIDE_BY_SIDE: Final = (("referrals",), ("referral_history", "referred_orders", "referral_links"))
_HAS_ORDERS: Final = "SELECT EXISTS (SELECT FROM referred_orders WHERE referral_id IS NOT NULL)"
_CONSTRAINTS: Final = """
    SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
    WHERE conrelid = $1::text::regclass AND contype IN ('p', 'u')
"""
_INDEXES: Final = """
    SELECT indexname AS name, indexdef AS definition FROM pg_indexes
    WHERE tablename = $1 AND indexname <> ALL ($2)
"""


def some_expired(merchants: Sequence[str], of: int, number: int) -> Sequence[tuple[str, str]]:
    """Pick so many expired referrals from all over a crowd, each with its merchant."""
    others = COMPLETED_ONE_IN - 1
    picked = random.sample(range(of * others // COMPLETED_ONE_IN), number)
    return [_of(merchants, one // others * COMPLETED_ONE_IN + one % others + 1) for one in picked]


def _of(merchants: Sequence[str], number: int) -> tuple[str, str]:
    digest = hashlib.md5(b"crowd-referral-%d" % number, usedforsecurity=False).hexdigest()
    return merchants[number // SHARES % len(merchants)], str(UUID(digest))


async def crowd(database: Database, merchants: Sequence[str], number: int) -> None:
    """
    Add so many referrals of these merchants, and whatever hangs on them.

    Nobody else may use the tables meanwhile.

    Raises:
        SandboxError: No order is there yet, of which others could be made, or PostgreSQL refuses.
    """
    async with tables.opened(database) as opened:
        if not await opened.connection.fetchval(_HAS_ORDERS):
            raise SandboxError("there is no order of which others could be made")
    await asyncio.gather(*(_fill(database, names, merchants, number) for names in _SIDE_BY_SIDE))


async def _fill(
    database: Database, names: Sequence[str], merchants: Sequence[str], number: int
) -> None:
    async with tables.opened(database) as opened:
        connection = opened.connection
        await connection.execute(_MEMORY)
        for table in names:
            constraints = await connection.fetch(_CONSTRAINTS, table)
            own = [one["name"] for one in constraints]
            indexes = await connection.fetch(_INDEXES, table, own)
            async with connection.transaction():
                for name in own:
                    await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
                for one in indexes:
                    await connection.execute(f"DROP INDEX {one['name']}")
                await connection.execute(_FILLS[table], number, merchants)
                for one in constraints:
                    add = f"ALTER TABLE {table} ADD CONSTRAINT {one['name']} {one['definition']}"
                    await connection.execute(add)
                for one in indexes:
                    await connection.execute(one["definition"])
            await connection.execute(f"VACUUM (ANALYZE) {table}")
