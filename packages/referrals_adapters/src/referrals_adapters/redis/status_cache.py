"""The cache of statuses in Redis."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
from redis.asyncio import Redis
from redis.exceptions import ReadOnlyError

from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.flow.patience import patience
from referrals_adapters.redis.commands import Commands, PooledCommands
from referrals_adapters.redis.entry import from_entry, name_of, to_entry
from referrals_adapters.redis.lifetimes import Lifetimes, milliseconds
from referrals_adapters.redis.scripts import Scripts
from referrals_domain.ports.status_cache import Miss, StatusCache

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import StatusView
    from referrals_domain.ports.status_cache import Reading

_LEASE_BYTES: Final = 16


def _random_lease() -> str:
    return secrets.token_hex(_LEASE_BYTES)


@attrs.frozen(kw_only=True)
class RedisStatusCache(StatusCache):
    """
    Statuses in Redis, one string a key: a value, or a floor and a lease to fill it.

    Each change is one script, so it happens in one step. A value comes from a reader only, who
    read it from the primary after it got the lease; a writer only takes away.

    After some failures reads and fills do not ask Redis for a while: they only save work.
    Invalidations are always tried. What other processes read depends on them, whose breakers may
    be closed; and to the janitor, which repeats those that failed, they are the probe themselves.
    Nor do they move the breaker: a set of them may be late where a read would not be.

    Args:
        redis: The client.
        commands: How reads, leases and fills are asked for; by default, the client does it.
        read_within: How long Redis may take for a read, for a lease, or for a fill; then it
            counts as away.
        invalidate_within: How long an invalidation may take; a worker has more time.
        lifetimes: How long things stay.
        breaker: Keeps reads and fills from a Redis that did not answer lately.
        new_lease: Returns a lease that nobody ever had, whether Redis remembers or not.
        chance: Returns a random number from 0 to 1.
    """

    redis: Redis
    commands: Commands = attrs.field()
    read_within: timedelta = timedelta(milliseconds=30)
    invalidate_within: timedelta = timedelta(milliseconds=250)
    lifetimes: Lifetimes = attrs.field(factory=Lifetimes)
    breaker: Breaker = attrs.field(factory=Breaker)
    new_lease: Callable[[], str] = _random_lease
    chance: Callable[[], float] = random.random
    _scripts: Scripts = attrs.field(init=False, repr=False)

    @commands.default
    def _pooled(self) -> Commands:
        return PooledCommands(self.redis)

    @_scripts.default
    def _registered(self) -> Scripts:
        return Scripts.of(self.redis)

    async def read(self, key: ReferralKey) -> Reading:
        """Return what is cached; on a miss, at most one reader at a time gets a lease."""
        if not self.breaker.allows():
            return Miss(None)
        try:
            reading = await self._read(name_of(key))
        except ReadOnlyError:  # it was demoted, and the address may lead to the primary by now
            self.breaker.failed()
            with suppress(Exception):  # connections may be broken already
                await self.redis.connection_pool.disconnect()
            with suppress(Exception):
                await self.commands.leave()
            return Miss(None)
        except Exception:  # noqa: BLE001 - redis-py lets others than its own through (TypeError)
            self.breaker.failed()
            return Miss(None)
        self.breaker.succeeded()
        return reading

    async def fill(self, key: ReferralKey, lease: str, view: StatusView | None) -> None:
        """Cache a value, unless the lease was lost or the version lies below the floor."""
        if not self.breaker.allows():
            return
        lifetime = milliseconds(self.lifetimes.of(view, chance=self.chance()))
        with suppress(Exception), self.breaker.watching():  # as in `read`
            told = (lease, to_entry(view), lifetime)
            await self.commands.run(self._scripts.fill, name_of(key), self._within, *told)

    async def invalidate(self, versions: Mapping[ReferralKey, int]) -> bool:
        """Put floors in place of older values and of leases, all in one round trip."""
        if not versions:
            return True
        names = [name_of(key) for key in versions]
        floor = milliseconds(self.lifetimes.floor)
        try:
            async with patience(self.invalidate_within.total_seconds()):
                await self._scripts.invalidate(names, [floor, *versions.values()])
        except Exception:  # noqa: BLE001 - as in `read`
            return False
        return True

    @property
    def _within(self) -> float:
        return self.read_within.total_seconds()

    async def _read(self, name: str) -> Reading:
        held = await self.commands.get(name, self._within)
        hit = from_entry(held)
        if hit is not None:
            return hit
        try:
            return await self._lease(name, unreadable=held)
        except TimeoutError:  # Redis is there, for it answered: we may lack the CPU ourselves
            return Miss(None)

    async def _lease(self, name: str, *, unreadable: bytes) -> Reading:
        lease = self.new_lease()
        lasting, floor = milliseconds(self.lifetimes.lease), milliseconds(self.lifetimes.floor)
        wanted = (lease, lasting, floor, unreadable)
        answer = await self.commands.run(self._scripts.lease, name, self._within, *wanted)
        if isinstance(answer, bytes):  # somebody else has filled it meanwhile
            return from_entry(answer) or Miss(None)
        return Miss(lease if answer else None)
