"""What the model of the protocol says, the scripts do on a real server, step by step."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    consumes,
    invariant,
    multiple,
    rule,
)

from referrals_adapters.redis.entry import from_entry, to_entry
from referrals_adapters.redis.lifetimes import Lifetimes, milliseconds
from referrals_adapters.redis.scripts import Scripts
from referrals_adapters.redis.status_cache import RedisStatusCache
from referrals_domain.model.identifiers import ReferralId
from referrals_domain.ports.status_cache import Hit, Miss
from referrals_domain.testing import builders
from tests.cache_model.protocol import NO_LEASE, NOTHING, VOID_LEASE, CacheProtocol, Entry
from tests.redis.machines import ServerMachine, play
from tests.tally import tried

if TYPE_CHECKING:
    from collections.abc import Mapping

    from redis.asyncio import Redis

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import StatusView

KEYS: Final = tuple(
    builders.referral(id=ReferralId(f"22222222-2222-4222-8222-22222222222{number}")).key
    for number in range(2)
)
MODEL: Final = CacheProtocol()
LONG: Final = timedelta(hours=1)
SHORT: Final = timedelta(milliseconds=1)
LONGER: Final = 0.003  # seconds
AN_HOUR: Final = milliseconds(LONG)
FOR_LONG: Final = Lifetimes(pending=LONG, absent=LONG, floor=LONG, lease=LONG)

keys = st.sampled_from(KEYS)
versions = st.integers(0, 2)


class Held(NamedTuple):
    """A lease, and the key that it is for."""

    key: ReferralKey
    lease: int


class ScriptsAndModel(ServerMachine):
    """A reader, a writer and time act on two keys, and on the model of each."""

    leases = Bundle("leases")

    def __init__(self, runner: asyncio.Runner, redis: Redis) -> None:
        super().__init__(runner)
        self.redis = redis
        self.scripts = Scripts.of(redis)
        self.cache = RedisStatusCache(
            redis=redis,
            read_within=LONG,
            invalidate_within=LONG,
            lifetimes=FOR_LONG,
            new_lease=lambda: str(self.lease),
        )
        self.hasty = attrs.evolve(self.cache, lifetimes=attrs.evolve(FOR_LONG, lease=SHORT))
        self.lease = 0
        self.model = dict.fromkeys(KEYS, NOTHING)
        self.run(redis.flushall())

    @rule(target=leases, key=keys)
    def read(self, key: ReferralKey) -> Held | MultipleResults[Held]:
        expected, given = self._expected_reading(key)
        assert self.run(self.cache.read(key)) == expected
        return Held(key, self.lease) if given else multiple()

    @rule(target=leases, key=keys)
    def come_for_the_lease_when_it_may_be_filled(
        self, key: ReferralKey
    ) -> Held | MultipleResults[Held]:
        expected, given = self._expected_reading(key)
        answer = self.run(
            self.scripts.lease([_name(key)], [str(self.lease), AN_HOUR, AN_HOUR, ""])
        )
        held = to_entry(expected.view) if isinstance(expected, Hit) else int(given)
        assert answer == held
        return Held(key, self.lease) if given else multiple()

    @rule(target=leases, key=keys)
    def read_and_wait_too_long(self, key: ReferralKey) -> Held | MultipleResults[Held]:
        expected, given = self._expected_reading(key)
        assert self.run(self.hasty.read(key)) == expected
        self.run(asyncio.sleep(LONGER))
        if not given:
            return multiple()
        self.model[key] = MODEL.lease_ends(self.model[key])
        return Held(key, self.lease)

    @rule(key=keys, version=versions)
    def read_and_fill_at_once(self, key: ReferralKey, version: int) -> None:
        self.read(key)
        self._fill(key, self.lease, version)

    @rule(held=consumes(leases), version=versions)
    def fill(self, held: Held, version: int) -> None:
        self._fill(held.key, held.lease, version)

    @rule(held=leases, version=versions)
    def fill_and_perhaps_once_more(self, held: Held, version: int) -> None:
        self._fill(held.key, held.lease, version)

    @rule(key=keys, lease=leases.map(attrgetter("lease")) | st.just(VOID_LEASE), version=versions)
    def fill_with_a_lease_for_another_key(
        self, key: ReferralKey, lease: int, version: int
    ) -> None:
        self._fill(key, lease, version)

    @rule(versions=st.dictionaries(keys, st.integers(1, 2)))
    def invalidate(self, versions: Mapping[ReferralKey, int]) -> None:
        assert self.run(self.cache.invalidate(versions))
        for key, version in versions.items():
            self.model[key] = MODEL.invalidate(self.model[key], version)

    @rule(key=keys, how=st.sampled_from(["expire", "spoil", "lose"]))
    def disturb(self, key: ReferralKey, how: str) -> None:
        match how:
            case "expire":
                self.run(self.redis.pexpire(_name(key), SHORT))
                self.run(asyncio.sleep(LONGER))
                self.model[key] = NOTHING
            case "spoil":
                self.run(self.redis.set(_name(key), "f|two||0", px=LONG))
                self.model[key] = NOTHING
            case _:
                self.run(self.redis.flushall())
                self.run(self.redis.script_flush())
                self.model = dict.fromkeys(KEYS, NOTHING)

    @invariant()
    def both_hold_the_same(self) -> None:
        assert self.run(self._held()) == self.model

    @invariant()
    def whatever_is_held_ends(self) -> None:
        assert self.run(self._ends()) <= LONG

    def _fill(self, key: ReferralKey, lease: int, version: int) -> None:
        before, after = self.model[key], MODEL.fill(self.model[key], lease, version)
        value: list[str | bytes | int] = [str(lease), to_entry(_view(version)), AN_HOUR]
        assert self.run(self.scripts.fill([_name(key)], value)) == (after != before)
        self.model[key] = after
        tried("refused" if after == before else "taken", what="fills on a real server")

    def _expected_reading(self, key: ReferralKey) -> tuple[Hit | Miss, bool]:
        """Return what the model answers to a reader, and whether it gets the next lease."""
        self.lease += 1
        entry = self.model[key]
        if entry.filled:
            return Hit(_view(entry.version)), False
        leased = MODEL.lease(entry, self.lease)
        self.model[key] = leased or entry
        return Miss(str(self.lease) if leased else None), leased is not None

    async def _held(self) -> dict[ReferralKey, Entry]:
        """Return what the server holds, in the model's words."""
        seconds, microseconds = await self.redis.time()
        now = seconds * 1_000 + microseconds // 1_000
        held: list[Any] = await self.redis.mget(map(_name, KEYS))
        return {key: _entry(one or b"", now) for key, one in zip(KEYS, held, strict=True)}

    async def _ends(self) -> timedelta:
        """Return how long the server holds anything at most; -1 ms says: for ever."""
        remaining = [await self.redis.pttl(_name(key)) for key in KEYS]
        assert -1 not in remaining
        return timedelta(milliseconds=max(remaining))


def _entry(text: bytes, now: int) -> Entry:
    if hit := from_entry(text):
        return Entry(hit.view.version if hit.view else 0, filled=True)
    match text.split(b"|"):
        case [b"f", floor, lease, deadline] if floor.isdigit() and deadline.isdigit():
            is_out = lease and int(deadline) > now
            return Entry(int(floor), lease=int(lease) if is_out else NO_LEASE)
        case _:
            return NOTHING


def _view(version: int) -> StatusView | None:
    return builders.referral(version=version).view if version else None


def _name(key: ReferralKey) -> str:
    return f"referral:{key.merchant_id}:{key.referral_id}"


@pytest.mark.timeout(600)  # of the profile `thorough`
def test_the_scripts_do_what_the_model_says(runner: asyncio.Runner, shared: Redis) -> None:
    def model() -> ScriptsAndModel:
        return ScriptsAndModel(runner, shared)

    play(model, few=25, steps=20)
