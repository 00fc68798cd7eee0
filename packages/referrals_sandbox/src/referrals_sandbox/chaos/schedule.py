"""Which faults strike, and when: the seed decides."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

import attrs

from referrals_sandbox.chaos import weather
from referrals_sandbox.chaos.collecting import through
from referrals_sandbox.chaos.connection_faults import Down, Stormy
from referrals_sandbox.chaos.lossy_shop import LATENESS
from referrals_sandbox.chaos.process_faults import Dead, Frozen, Killed, KilledUndecided
from referrals_sandbox.chaos.scene import Scene
from referrals_sandbox.chaos.server_faults import BrokerDown, BrokerSlow, Flushed, Lies, ReadOnly
from referrals_sandbox.chaos.shopify_faults import Away, Worse
from referrals_sandbox.composition.backlog import backlog
from referrals_sandbox.neighbours.shopify_platform.faults import Answered, Faults, Trouble
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.kept_kafka import KeptKafka

if TYPE_CHECKING:
    from collections.abc import Iterator

    from referrals_sandbox.chaos.faults import Fault


_AT_ONCE: Final = 3  # faults
_SHORTEST, _LONGEST = 0.2, 1.5  # seconds that a fault lasts
_TRIES: Final = 3  # to hit work that is under way
_CALM: Final = 1.0  # seconds, the longest between two faults
_LOOKED: Final = 0.25  # seconds between two looks at what waits
_STORMS: Final = {
    "latency": weather.Latency,
    "black hole": weather.BlackHole,
    "reset": weather.Reset,
    "slow close": weather.SlowClose,
    "answer cut": weather.CutAnswer,
    "reply lost": weather.ReplyLost,
}


@attrs.define(kw_only=True)
class Schedule:
    """
    All kinds of faults in turns, in an order that the seed decides.

    Args:
        scene: Where they strike.
        seed: Decides their order, how long each lasts, and how long nothing strikes.
        only: The kinds that strike; all if there are none.
    """

    scene: Scene
    seed: int
    only: Collection[str] = ()
    hits: Counter[str] = attrs.field(factory=Counter, init=False)
    misses: Counter[str] = attrs.field(factory=Counter, init=False)
    recovery: dict[str, float] = attrs.field(factory=dict, init=False)
    _is_quiet: bool = attrs.field(default=False, init=False)
    _over: list[tuple[str, datetime]] = attrs.field(factory=list, init=False)

    async def run(self, seconds: float) -> None:
        """Strike for so many seconds; whatever was broken is mended when this returns."""
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        targets: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        turns = self._turns()

        async def strike_in_turn() -> None:
            while clock() < end:
                alike, lasting, calm = next(turns)
                for fault in islice(cycle(alike), _TRIES):
                    async with targets[fault.target]:
                        if clock() > end or await self._strike(fault, lasting):
                            break
                await asyncio.sleep(calm)

        async with asyncio.TaskGroup() as lanes:
            for _ in range(_AT_ONCE):
                lanes.create_task(strike_in_turn())

    async def watch(self) -> None:
        """Measure how long each fault is felt after its end, until cancelled."""
        while True:
            await self._look()

    async def felt_no_more(self) -> None:
        """Wait until no fault is felt any more; nobody orders any more."""
        self._is_quiet = True
        while self._over:
            await self._look()

    async def _look(self) -> None:
        served, now = await self._served(), datetime.now(UTC)
        for fault, end in [*self._over]:
            if served and served > end:
                self._over.remove((fault, end))
                felt = (now - end).total_seconds()
                self.recovery[fault] = max(felt, self.recovery.get(fault, 0))
        await asyncio.sleep(_LOOKED)

    async def _strike(self, fault: Fault, seconds: float) -> bool:
        is_hit = await fault.strike(seconds)
        if is_hit:
            self.hits[fault.name] += 1
            self._over.append((fault.name, datetime.now(UTC)))
        else:
            self.misses[fault.name] += 1
        return is_hit

    async def _served(self) -> datetime | None:
        """Return when the last came, order and reader, who got all that they came for."""
        ends = [end for _, end in self._over]
        if not ends:
            return None
        with suppress(SandboxError):
            if self._is_quiet and (await backlog(self.scene.sandbox)).is_empty:
                return datetime.now(UTC)
            ordered = await through(self.scene.sandbox, min(ends))
            return min(ordered, self.scene.traffic.last_read) if ordered else None
        return None

    def _kinds(self) -> Iterator[list[Fault]]:
        """Yield for each kind the faults of that kind, which differ in what they befall."""
        kinds: dict[str, list[Fault]] = defaultdict(list)
        for fault in _faults(self.scene):
            if not self.only or {fault.name, f"{fault.name} {fault.target}"} & {*self.only}:
                kinds[fault.name].append(fault)
        if not kinds:
            raise SandboxError(f"no fault is called {' or '.join(self.only)}")
        yield from kinds.values()

    def _turns(self) -> Iterator[tuple[Sequence[Fault], float, float]]:
        """Yield faults of one kind, how long the one that hits lasts, and the calm after it."""
        chance = random.Random(self.seed)  # noqa: S311 - to be repeated
        kinds = list(self._kinds())
        while True:
            chance.shuffle(kinds)
            for alike in kinds:
                tried = chance.sample(alike, len(alike))
                lasting = chance.uniform(_SHORTEST, _LONGEST)
                yield tried, lasting, chance.uniform(0, _CALM)


def _faults(scene: Scene) -> Iterator[Fault]:
    """Yield every fault."""
    yield from _of_processes(scene)
    yield from _of_the_broker(scene)
    yield from _of_connections(scene)
    yield from _of_shopify(scene)
    yield Lies(
        name="friends forgotten",
        scene=scene,
        lie=lambda world: attrs.evolve(world, strangers=None),
    )
    yield Lies(
        name="merchants denied",
        scene=scene,
        lie=lambda world: attrs.evolve(world, tokens={token: [] for token in world.tokens}),
    )
    yield Flushed(scene=scene)
    if scene.sandbox.servers.database.process:
        yield ReadOnly(scene=scene)
    for point, role in (
        ("http-before-answer", "http"),
        ("worker-before-invalidation", "worker"),
        ("relay-before-delete", "relay"),
    ):
        yield Dead(name=point, target=role, scene=scene, processes=scene.roles.of(role))


def _of_processes(scene: Scene) -> Iterator[Fault]:
    sandbox, servers = scene.sandbox, scene.sandbox.servers
    for target, processes, in_flight in (
        ("http", scene.roles.of("http"), scene.is_posted),
        ("worker", scene.roles.of("worker"), scene.has_deliveries),
        ("relay", scene.roles.of("relay"), scene.has_events),
        ("reconcile", scene.roles.of("reconcile"), scene.is_missing),
        ("grpc", scene.roles.of("grpc"), scene.is_read),
        ("gateway", [sandbox.gateway_server.process], scene.is_posted),
        ("postgres", [servers.database.process], scene.is_posted),
        ("redis", [servers.redis.process], scene.is_read),
        ("auth", [sandbox.neighbours.auth.process], scene.has_deliveries),
        ("core", [sandbox.neighbours.core.process], scene.has_deliveries),
    ):
        own = [process for process in processes if process]
        if own:
            yield Frozen(
                name=f"{target} frozen", target=target, processes=own, in_flight=in_flight
            )
            yield Killed(
                name=f"{target} killed",
                target=target,
                processes=own,
                in_flight=in_flight,
                scene=scene,
            )


def _of_the_broker(scene: Scene) -> Iterator[Fault]:
    kafka = scene.sandbox.servers.kafka
    if isinstance(kafka, KeptKafka):
        yield BrokerDown(name="kafka killed", scene=scene, kafka=kafka)
    if kafka.process:  # not killed: the broker inside librdkafka keeps nothing
        yield BrokerDown(name="kafka down", scene=scene, kafka=kafka)
        yield BrokerSlow(name="kafka slow", scene=scene, kafka=kafka)
        yield Frozen(
            name="kafka frozen",
            target="kafka",
            processes=[kafka.process],
            in_flight=scene.has_events,
        )
        yield KilledUndecided(
            name="relay killed undecided",
            target="relay",
            processes=scene.roles.of("relay"),
            in_flight=scene.has_events,
            scene=scene,
            broker=kafka.process,
        )


def _of_shopify(scene: Scene) -> Iterator[Fault]:
    yield Away(shop=scene.shop)
    yield Worse(
        name="webhooks dropped",
        shop=scene.shop,
        faults=Faults(dropped=1.0),
        befell=lambda report: report.posted.dropped,
    )
    yield Worse(
        name="webhooks doubled",
        shop=scene.shop,
        faults=Faults(doubled=1.0, late=1.0, lateness=LATENESS),
        befell=lambda report: report.posted.doubled,
    )
    for answered in Answered:
        yield Worse(
            name=f"admin api {answered.name.lower().replace('_', ' ')}",
            shop=scene.shop,
            faults=Faults(troubles=[Trouble(answered=answered)]),
            befell=lambda report: report.troubled,
        )


def _of_connections(scene: Scene) -> Iterator[Fault]:
    for where, address in scene.addresses.items():
        for name, kind in _STORMS.items():
            yield Stormy(name=name, target=f"to {where}", address=address, weather=kind)
        yield Down(target=f"to {where}", address=address)
    yield Stormy(
        name="commit reply lost",
        target="to postgres",
        address=scene.addresses["postgres"],
        weather=weather.CommitReplyLost,
    )
