"""
The funnel of a merchant with millions of referrals: `uv run pytest -n0 -s` with this file's path.

`FUNNEL_REFERRALS` says how many there are, a million if it says nothing. They lie over a year, and
99 of 100 belong to one merchant. It takes 20 seconds, so `uv run pytest` leaves it out; plans
are printed, and times with them.
"""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import text

from referrals_adapters.postgres.engine import open_engine
from referrals_adapters.postgres.pool import Pool, open_pool
from referrals_adapters.system.clock import SystemClock
from referrals_domain.model.funnel import MOST_DAYS, USUAL_DAYS, Days
from referrals_domain.model.identifiers import MerchantId
from referrals_domain.use_cases.get_funnel import GetFunnel
from tests.postgres.plans import measured

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_domain.testing.contracts.begin import Begin
    from tests.postgres.conftest import OwnServer

REFERRALS: Final = int(os.environ.get("FUNNEL_REFERRALS", "1000000"))
MERCHANT: Final = MerchantId("large")
INDEXES: Final = ("idx_referrals_merchant_id", "idx_visits_merchant_id")
ROWS_A_PAGE: Final = 40
"""Fewer than fit on a page of either index once it was split."""

# Without the indexes, of which each row would change ten, and with them made at once in the end;
# the ids ascend, so that the primary key grows at one place.
_INDEXES: Final = text("""
    SELECT indexname, indexdef FROM pg_indexes
    WHERE tablename IN ('referrals', 'visits') AND indexname ~ '^(idx|uq_referrals)_'
""")
_REFERRALS: Final = text("""
    INSERT INTO referrals (
        merchant_id, id, customer_id, referral_link_id, channel, status, cause, version,
        opened_at, updated_at, order_id, referred_customer_id
    )
    SELECT CASE number % 100 WHEN 0 THEN 'small' ELSE 'large' END,
           format(
               '%s-0000-%s000-8000-000000000000',
               lpad(to_hex(number), 8, '0'), CASE number % 28 WHEN 1 THEN '5' ELSE '4' END
           )::uuid,
           number % 100000, md5((number % 100000)::text)::uuid,
           (ARRAY['sms', 'email', 'whatsapp', 'social', 'copy', 'qr'])[1 + number % 6],
           CASE WHEN number % 14 = 1 THEN 'COMPLETED'
                WHEN number % 97 = 1 THEN 'REJECTED'
                WHEN number % 101 = 1 THEN 'REVERSED'
                WHEN age > 30 * interval '1 day' THEN 'EXPIRED' ELSE 'PENDING' END,
           'link_shared', 1, now() - age, now() - age,
           number, number
    FROM generate_series(CAST(CAST(:number AS float) AS bigint), 1, -1) AS number,
         LATERAL (SELECT number / CAST(:number AS float) * interval '365 days' AS age) AS of
""")
_VISITS: Final = text("""
    INSERT INTO visits (merchant_id, referral_id, referral_link_id, channel, day, number)
    SELECT CASE WHEN hashtext(id::text) < 0 THEN 'other' ELSE merchant_id END,
           id, referral_link_id, channel, opened_at::date, 1
    FROM referrals
    WHERE hashtext(id::text) % 10 < 4
""")
# What autovacuum has not seen yet: of the latest referrals each fourteenth was bound to an order.
_ORDERS: Final = text("""
    UPDATE referrals SET status = 'REJECTED', version = version + 1
    WHERE merchant_id = :merchant_id AND opened_at >= :begin AND order_id::bigint % 14 = 2
""")


@pytest.fixture
async def engine(own_server: OwnServer) -> AsyncIterator[AsyncEngine]:
    """Return the owner's engine, on a year of referrals, that waits for long work."""
    async with open_engine(own_server.owner, answer_within=None) as engine:
        plain = await _fill(engine)
        for statement in plain:
            await _alone(engine, statement)
        yield engine


@pytest.fixture
async def pool(own_server: OwnServer) -> AsyncIterator[Pool]:
    """Return the adapters' connections to it, which wait for long work, too."""
    async with open_pool(own_server.owner, answer_within=None) as pool:
        yield pool


async def _fill(engine: AsyncEngine) -> list[str]:
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        indexes = (await connection.execute(_INDEXES)).all()
        for index in indexes:
            await connection.execute(text(f"DROP INDEX {index.indexname}"))
        await connection.execute(_REFERRALS, {"number": REFERRALS})
        await connection.execute(_VISITS)
    return [*(index.indexdef for index in indexes), "VACUUM (ANALYZE) referrals, visits"]


async def _alone(engine: AsyncEngine, statement: str) -> None:
    """Run what must not run in a transaction, or takes long."""
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("SET statement_timeout = 0"))
        await connection.execute(text(statement))
        await connection.execute(text("RESET statement_timeout"))


@pytest.mark.timeout(3600)
async def test_days_of_a_large_merchant_cost_what_lies_in_them(
    begin: Begin, engine: AsyncEngine, asked: list[tuple[str, Any]]
) -> None:
    async def measure(number: int, *, fetches: bool = False) -> None:
        """Count so many days, show how that was done, and require that it read them alone."""
        asked.clear()
        began = time.perf_counter()
        funnel = await GetFunnel(begin=begin, clock=SystemClock())(MERCHANT, days=_days(number))
        took = time.perf_counter() - began
        print(f"\n{number} days of {REFERRALS:,} referrals: {took:.3f} s")  # noqa: T201
        totals = [one.total for one in funnel.channels]
        referrals = sum(one.shares + one.direct.orders for one in totals)
        visits = sum(one.visits for one in totals)
        expected = zip(INDEXES, (referrals, visits), strict=True)
        for question, (index, rows) in zip(asked.copy(), expected, strict=True):
            plan = await measured(engine, *question)
            print(plan)  # noqa: T201 - what the test is about
            assert scans(plan) == [(index, rows)]
            assert fetches or _pages(plan) < rows / ROWS_A_PAGE + 50

    for number in (1, USUAL_DAYS, MOST_DAYS):
        await measure(number)

    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        parameters = {"merchant_id": MERCHANT[:], "begin": _days(USUAL_DAYS).begin}
        await connection.execute(_ORDERS, parameters)
    print("\nBefore autovacuum comes:")  # noqa: T201
    await measure(USUAL_DAYS, fetches=True)


def scans(plan: str) -> list[tuple[str, int]]:
    """Return how each table was read: along which index, if that says all, and how many rows."""
    found = re.findall(r"(\w+ Scan|Index Only Scan using \w+) on .* rows=(\S+) loops=(\d+)", plan)
    return [
        (kind.removeprefix("Index Only Scan using "), round(float(rows) * int(loops)))
        for kind, rows, loops in found
    ]


def _days(number: int) -> Days:
    today = datetime.now(UTC).date()
    return Days(today - timedelta(days=number), today - timedelta(days=1))


def _pages(plan: str) -> int:
    """Return how many pages a plan read, from the cache or not."""
    buffers = re.search(r"Buffers: shared (.*)", plan)
    assert buffers
    return sum(map(int, re.findall(r"(?:hit|read)=(\d+)", buffers[1])))
