"""
What the walls between merchants cost: `uv run pytest -n0 -s` with this file's path.

The same work is done in turns as the webhook service's user, who sees every merchant, and as the
gRPC service's, behind the walls; the medians of both are printed. It takes a minute, so
`uv run pytest` leaves it out.
"""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs
import pytest

from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.postgres.statuses import PostgresStatuses
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.model.funnel import Days
from referrals_domain.model.identifiers import MerchantId, ReferralId, ReferralKey
from tests.conftest import execute

if TYPE_CHECKING:
    from referrals_adapters.postgres.pool import Pool
    from tests.postgres.conftest import OwnServer

Work: TypeAlias = Callable[["Pool", Collection[MerchantId]], Awaitable[object]]

MERCHANT: Final = MerchantId("large")
TURNS: Final = 12
DAYS: Final = Days.until(datetime.now(UTC))
_FILL: Final = """
    SET statement_timeout = 0;
    INSERT INTO referrals (
        merchant_id, id, customer_id, referral_link_id, channel, status, cause, version,
        opened_at, updated_at
    )
    SELECT CASE number % 4 WHEN 0 THEN 'small-' || number % 800 ELSE 'large' END,
           gen_random_uuid(), '1', gen_random_uuid(), 'sms', 'PENDING', 'link_shared', 1,
           now() - number * interval '6 seconds', now()
    FROM generate_series(1, 400000) AS number
"""


@attrs.frozen
class Cost:
    """What one took, in microseconds: by the clock, and of the server's CPU."""

    clock: float
    server: float


@pytest.mark.timeout(3600)
async def test_what_the_walls_cost(own_server: OwnServer) -> None:
    await execute(own_server.owner, _FILL)
    await execute(own_server.owner, "VACUUM (ANALYZE) referrals")
    walled = attrs.evolve(own_server.settings, user="referrals_grpc")
    async with (
        open_pool(own_server.settings, connections=1) as without,
        open_pool(walled, connections=1) as behind,
    ):
        keys = await _keys(without, "merchant_id = 'large'")
        mixed = await _keys(without, "merchant_id <> 'large'")
        works: dict[str, tuple[int, Work]] = {
            "a status that the cache misses": (500, _statuses(keys[:1])),
            "200 of one merchant at once": (50, _statuses(keys)),
            "200 of 200 merchants at once": (50, _statuses(mixed)),
            "GetReferral's first look": (300, _referral(keys[0])),
            "GetFunnel, 300,000 referrals": (2, _funnel),
        }
        for name, (times, work) in works.items():
            costs: dict[bool, list[Cost]] = {False: [], True: []}
            for turn in range(TURNS):
                for walls in (False, True) if turn % 2 else (True, False):
                    pool, merchant = (behind, [MERCHANT]) if walls else (without, [])
                    costs[walls].append(await _cost(pool, merchant, work, times))
            print(f"\n{name}")  # noqa: T201 - what the run is for
            for what in ("clock", "server"):
                plain, more = (median(getattr(one, what) for one in costs[w]) for w in costs)
                print(f"  {what}: {plain:,.0f} us, {more:,.0f} us, {more / plain:.2f}")  # noqa: T201


def _statuses(keys: list[ReferralKey]) -> Work:
    async def read(pool: Pool, _: Collection[MerchantId]) -> None:
        assert all((await PostgresStatuses(pool).read(keys)).values())

    return read


def _referral(key: ReferralKey) -> Work:
    async def look(pool: Pool, acting_for: Collection[MerchantId]) -> None:
        async with PostgresTransaction(pool, acting_for) as tx:
            assert await tx.referrals.get([key])

    return look


async def _funnel(pool: Pool, acting_for: Collection[MerchantId]) -> None:
    async with PostgresTransaction(pool, acting_for) as tx:
        assert await tx.funnel.opened(MERCHANT, DAYS)


async def _keys(pool: Pool, condition: str) -> list[ReferralKey]:
    statement = f"SELECT merchant_id, id::text FROM referrals WHERE {condition} LIMIT 200"  # noqa: S608 - ours
    rows = await pool.fetch(statement)
    return [ReferralKey(MerchantId(row["merchant_id"]), ReferralId(row["id"])) for row in rows]


async def _cost(pool: Pool, acting_for: Collection[MerchantId], work: Work, times: int) -> Cost:
    pid = await pool.fetchval("SELECT pg_backend_pid()")
    began, used = time.perf_counter(), _cpu(pid)
    for _ in range(times):
        await work(pool, acting_for)
    return Cost(
        clock=(time.perf_counter() - began) / times * 1e6,
        server=(_cpu(pid) - used) / times * 1e6,
    )


def _cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
