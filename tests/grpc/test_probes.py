"""Nobody is told anything of a merchant whom they may not act for."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Final

import grpc

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.settings import RedisSettings
from tests.grpc.probes import IDS, OF_NO_MERCHANT, Probe, all_probes, merchant_id
from tests.grpc.requests import METHODS, SERVICE, text_fields
from tests.grpc.walled import walled
from tests.statements import noted
from tests.tally import tried

if TYPE_CHECKING:
    from pathlib import Path

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_adapters.redis.client import Client
    from referrals_sandbox.servers.running import Servers
    from tests.grpc.probes import Prober

PROBES: Final = 2_000
MERCHANTS: Final = 4


def test_every_text_of_every_request_is_probed_or_of_no_merchant() -> None:
    """Whoever adds a field decides here what it names."""
    fields = {name for kind in METHODS.values() for name in text_fields(kind)}
    assert fields == {*IDS, *OF_NO_MERCHANT}


async def test_no_probe_is_told_anything(
    servers: Servers, walled_database: PostgresSettings, tmp_path: Path
) -> None:
    everything = list(all_probes(MERCHANTS))
    chosen = random.Random(11).sample(everything, PROBES)  # noqa: S311 - the same each time
    assert {probe.path for probe in chosen} == METHODS.keys()
    async with walled(servers, walled_database, tmp_path, merchants=MERCHANTS) as prober:
        assert await prober.make(chosen) == PROBES
    tried("gRPC", PROBES, what="probes of walls between merchants")


async def test_what_is_anothers_costs_as_much_as_what_is_absent(
    servers: Servers, walled_database: PostgresSettings, tmp_path: Path
) -> None:
    """So the time tells nothing: the same statements, and the same commands to Redis."""
    async with (
        walled(servers, walled_database, tmp_path, merchants=2) as prober,
        open_redis(RedisSettings(host=servers.redis.host, port=servers.redis.port)) as redis,
    ):
        await redis.flushdb()  # what other tests have asked for is known
        await prober.ask(
            Probe(f"/{SERVICE.full_name}/GetReferralStatus", 1, 1, (("referral_id", None),))
        )
        asked: set[str] = set()
        for path in METHODS:
            others, nobodys = (
                [one for one in all_probes(2) if _is_of(one, path, owner)] for owner in (1, None)
            )
            assert len(others) == len(nobodys)
            for other, nobody in zip(others, nobodys, strict=True):
                costs = [await _cost(prober, redis, probe) for probe in (other, nobody)]
                assert costs[0] == costs[1], other
                asked.update(costs[0][0], costs[0][1])
        assert len(asked) > 10


async def test_merchants_who_call_at_once_get_what_is_theirs(
    servers: Servers, walled_database: PostgresSettings, tmp_path: Path
) -> None:
    """Their shares are opened together, and their statuses read together."""
    async with walled(servers, walled_database, tmp_path, merchants=MERCHANTS) as prober:
        for method, field in (
            ("ShareLink", "referral_link_id"),
            ("GetReferralStatus", "referral_id"),
        ):
            path = f"/{SERVICE.full_name}/{method}"
            own = [Probe(path, one, one, ((field, one),)) for one in range(MERCHANTS)] * 20
            answers = await asyncio.gather(*map(prober.ask, own))
            assert {code for code, *_ in answers} == {grpc.StatusCode.OK}
            for probe, (*_, response) in zip(own, answers, strict=True):
                if method == "ShareLink":
                    shared = pb.ShareLinkResponse.FromString(response).referral
                    assert shared.merchant_id == merchant_id(probe.merchant)


def _is_of(probe: Probe, path: str, owner: int | None) -> bool:
    """Tell whether the first merchant makes a probe with ids of one owner alone."""
    owners = {one for _, one in probe.owners}
    return (probe.path, probe.token, probe.merchant, owners) == (path, 0, 0, {owner})


async def _cost(prober: Prober, redis: Client, probe: Probe) -> tuple[list[str], dict[str, int]]:
    """Make a probe, and return its statements and how often each command was given to Redis."""
    before, statements = await _commands(redis), list[str]()
    with noted(lambda statement, _: statements.append(statement)):
        await prober.ask(probe)
    after = await _commands(redis)
    return statements, {
        name: calls - before.get(name, 0)
        for name, calls in after.items()
        if name != "cmdstat_info" and calls != before.get(name, 0)
    }


async def _commands(redis: Client) -> dict[str, int]:
    stats = await redis.info("commandstats")
    return {name: numbers["calls"] for name, numbers in stats.items()}
