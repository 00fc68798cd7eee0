"""What many processes spend from one budget in Redis is what one may spend."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.flow.budget import Allowance, LocalBudget
from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.redis.shared_budget import PROCESSES, SharedBudget

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from referrals_sandbox.servers.child import Child
    from referrals_sandbox.servers.valkey import Redis as Server

ALLOWANCE: Final = Allowance(
    requests=40, points=2000, requests_gathered=80, points_gathered=40_000
)
ACME: Final = "acme.myshopify.com"
FOR: Final = 1.0  # seconds
AMPLE: Final = timedelta(seconds=10)  # on a busy machine


async def test_eight_together_spend_no_more_than_one_may_and_all_of_it(server: Server) -> None:
    settings = RedisSettings(host=server.host, port=server.port)
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(open_redis(settings)) for _ in range(8)]
        await clients[0].flushall()
        budgets = [SharedBudget(redis=client, within=AMPLE) for client in clients]
        began = time.monotonic()
        numbers = await asyncio.gather(
            *(
                _spend_for(budget, began + FOR, urgent=bool(number % 2))
                for number, budget in enumerate(budgets)
            )
        )
        seconds = time.monotonic() - began
    allowed = ALLOWANCE.requests_gathered + ALLOWANCE.requests * seconds
    assert ALLOWANCE.requests_gathered <= sum(numbers) <= allowed
    assert all(numbers)


async def test_what_one_learns_of_what_is_left_all_know(redis: Redis) -> None:
    one, other = (SharedBudget(redis=redis, within=AMPLE) for _ in range(2))
    await one.correct(ACME, ALLOWANCE, 10)
    assert await other.spend(ACME, ALLOWANCE, 1000, urgent=True)


async def test_while_redis_is_away_each_spends_its_part(redis: Redis, process: Child) -> None:
    budget = SharedBudget(
        redis=redis, alone=LocalBudget(elapsed=lambda: 0.0), breaker=Breaker(failures=1)
    )
    process.signal(signal.SIGSTOP)
    try:
        at_once = 0
        while not await budget.spend(ACME, ALLOWANCE, 1, urgent=True):
            at_once += 1
    finally:
        process.signal(signal.SIGCONT)
    assert at_once == ALLOWANCE.requests_gathered / 2 / PROCESSES


async def _spend_for(budget: SharedBudget, until: float, *, urgent: bool) -> int:
    number = 0
    while time.monotonic() < until:
        wait = await budget.spend(ACME, ALLOWANCE, 1, urgent=urgent)
        number += not wait
        await asyncio.sleep(min(wait.total_seconds(), max(until - time.monotonic(), 0)))
    return number
