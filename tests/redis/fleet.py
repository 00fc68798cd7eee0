"""Processes that share limits, on a real server, in a time that a test makes pass."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final, cast

import attrs
from redis.asyncio import Redis

from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.redis.rate_limits import RedisRateLimits
from referrals_domain.model.identifiers import MerchantId
from referrals_domain.model.limit import Limit

SHOP: Final = MerchantId("shop")
_NO_LIMIT: Final = Limit(1_000_000)
AMPLE: Final = timedelta(seconds=10)
_CLOCK: Final = "redis.call('TIME')"
_EXPIRY: Final = "math.ceil(out[i] / 1000)"


@attrs.define
class TimedServer:
    """
    A server that is told what time it is, and tells how often it was asked.

    Args:
        redis: The real one, which runs the real script but for its clock.
        time: The time, in seconds.
        away: Whether it answers nothing.
    """

    redis: Redis
    time: float = 1_000.0
    away: bool = False
    asked: int = 0

    def register_script(self, text: str) -> Any:
        """Return the script, which takes the time from its last two arguments."""
        assert (text.count(_CLOCK), text.count(_EXPIRY)) == (1, 1)
        timed = text.replace(_CLOCK, "{ARGV[#ARGV - 1], ARGV[#ARGV]}").replace(_EXPIRY, "600000")
        script = self.redis.register_script(timed)

        async def ask(keys: list[str], terms: list[float]) -> Any:
            self.asked += 1
            if self.away:
                raise ConnectionError
            seconds = int(self.time)
            return await script(keys, [*terms, seconds, int((self.time - seconds) * 1e6)])

        return ask


@attrs.define
class Fleet:
    """
    Processes that share a caller's limit.

    Args:
        limit: The limit.
        server: Who lends.
        processes: The limits as each process has them; their clocks differ.
        passed: When which process let a call pass.
    """

    limit: Limit
    server: TimedServer
    processes: list[RedisRateLimits] = attrs.field(init=False)
    passed: list[tuple[float, int]] = attrs.field(factory=list, init=False)

    @classmethod
    def of(cls, redis: Redis, a_second: int, *, processes: int) -> Fleet:
        fleet = cls(Limit(a_second), TimedServer(redis))
        fleet.processes = [fleet._process(number) for number in range(processes)]
        return fleet

    def _process(self, number: int) -> RedisRateLimits:
        def elapsed() -> float:
            return self.server.time + 7 * number

        return RedisRateLimits(
            redis=cast("Redis", self.server),
            caller=self.limit,
            merchant=_NO_LIMIT,
            within=AMPLE,
            breaker=Breaker(elapsed=elapsed),
            elapsed=elapsed,
        )

    async def call(self, process: int, times: int = 1) -> int:
        """Call so often at one moment; return how many calls passed."""
        limits = self.processes[process]
        passed = [await limits.take("caller", SHOP) for _ in range(times)].count(True)
        self.passed += [(self.server.time, process)] * passed
        return passed

    async def call_at_once(self, process: int, times: int) -> None:
        """As `call`, but without waiting for one before the next."""
        limits = self.processes[process]
        passed = await asyncio.gather(*(limits.take("caller", SHOP) for _ in range(times)))
        self.passed += [(self.server.time, process)] * passed.count(True)

    def wait(self, seconds: float) -> None:
        """Have time pass."""
        self.server.time += seconds

    @property
    def most_at_once(self) -> float:
        """How many passed beyond `a_second`, at the worst of all times: at most `at_once`."""
        worst = level = last = 0.0
        for at, _ in self.passed:
            level = max(0.0, level - (at - last) * self.limit.a_second) + 1
            worst, last = max(worst, level), at
        return worst
