"""A cache and a database that a test looks into, and holds up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.status_cache import StatusCache
from referrals_domain.ports.statuses import Statuses

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import StatusView
    from referrals_domain.ports.status_cache import Reading


@attrs.define
class WitnessedCache(StatusCache):
    """
    A cache, and what it was told.

    Args:
        cache: The cache, as it can be reached at the moment.
        told: The greatest version that it applied for certain since it lost its data.
        losses: How often it lost its data.
    """

    cache: StatusCache
    told: int = 0
    losses: int = 0

    async def read(self, key: ReferralKey) -> Reading:
        """Pass it on."""
        return await self.cache.read(key)

    async def fill(self, key: ReferralKey, lease: str, view: StatusView | None) -> None:
        """Pass it on."""
        await self.cache.fill(key, lease, view)

    async def invalidate(self, versions: Mapping[ReferralKey, int]) -> bool:
        """Pass it on, and note what was applied."""
        applied = await self.cache.invalidate(versions)
        if applied:
            self.told = max(self.told, *versions.values())
        return applied

    def lost_its_data(self) -> None:
        """Promise nothing any more."""
        self.told = 0
        self.losses += 1


@attrs.frozen
class OvertakenCache(StatusCache):
    """
    A cache during whose invalidation something else happens.

    Args:
        cache: The cache.
        meanwhile: What happens before its answer arrives.
    """

    cache: StatusCache
    meanwhile: Callable[[], Awaitable[None]]

    async def read(self, key: ReferralKey) -> Reading:
        """Pass it on."""
        return await self.cache.read(key)

    async def fill(self, key: ReferralKey, lease: str, view: StatusView | None) -> None:
        """Pass it on."""
        await self.cache.fill(key, lease, view)

    async def invalidate(self, versions: Mapping[ReferralKey, int]) -> bool:
        """Pass it on, and be overtaken."""
        applied = await self.cache.invalidate(versions)
        await self.meanwhile()
        return applied


class Look:
    """One read of the database: it begins, and it answers, when it is let."""

    def __init__(self) -> None:
        self.begins = asyncio.Event()
        self.found = asyncio.Event()
        self.answers = asyncio.Event()


@attrs.frozen
class HeldStatuses(Statuses):
    """
    Statuses that are read, and told, no sooner than a test wants.

    Args:
        statuses: Who is asked.
        looks: The reads under way.
    """

    statuses: Statuses
    looks: list[Look] = attrs.field(factory=list)

    async def read(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, StatusView | None]:
        """Wait, read, wait, return."""
        look = Look()
        self.looks.append(look)
        await look.begins.wait()
        found = await self.statuses.read(keys)
        look.found.set()
        await look.answers.wait()
        self.looks.remove(look)
        return found


@attrs.frozen
class AnnouncedStatuses(Statuses):
    """
    Statuses, and whether somebody asks for them.

    Args:
        statuses: Who is asked.
        asked: Set when somebody asks.
    """

    statuses: Statuses
    asked: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def read(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, StatusView | None]:
        """Tell that somebody asks, and pass it on."""
        self.asked.set()
        return await self.statuses.read(keys)
