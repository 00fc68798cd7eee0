"""The real process, against real servers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from typing import TYPE_CHECKING, Any

import grpc
import httpx
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from referrals_adapters.grpc.channel import open_channel
from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.pb.referrals.v1.referrals_pb2_grpc import ReferralsServiceStub
from referrals_adapters.system.address import Address
from referrals_domain.testing.builders import ADVOCATE, MERCHANT, SHOP
from referrals_grpc.__main__ import main
from referrals_sandbox.servers.ports import free_port
from tests.grpc.process import failed, started
from tests.grpc.service import TOKEN, bare

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_adapters.grpc.channel import Channel
    from referrals_adapters.postgres.settings import PostgresSettings
    from tests.neighbours import Neighbour

NOBODY = pb.GetReferralStatusRequest(
    merchant_id=MERCHANT, referral_id="99999999-9999-4999-8999-999999999999"
)
PATHS = ("/referrals.v1/GetReferralStatus", "/referrals.v1.ReferralsService/GetReferralStatus")


async def share(channel: Channel) -> str:
    """Put a program, make a link and share it; return the referral's id."""
    stub = ReferralsServiceStub(channel)
    await stub.PutProgram(
        pb.PutProgramRequest(
            program=pb.Program(
                merchant_id=MERCHANT, shop_domain=SHOP, storefront_url="https://acme.example"
            )
        ),
        metadata=TOKEN,
    )
    made = await stub.CreateReferralLink(
        pb.CreateReferralLinkRequest(merchant_id=MERCHANT, customer_id=ADVOCATE), metadata=TOKEN
    )
    shared = await stub.ShareLink(
        pb.ShareLinkRequest(
            merchant_id=MERCHANT,
            referral_link_id=made.referral_link.id,
            channel=pb.CHANNEL_SMS,
        ),
        metadata=TOKEN,
    )
    return shared.referral.id


async def test_the_service_answers_on_both_paths_and_ends_when_told(
    environment: Mapping[str, str],
) -> None:
    async with started(environment) as running:
        async with open_channel(running.address) as channel:
            health = await HealthStub(channel).Check(HealthCheckRequest())
            assert health.status == HealthCheckResponse.SERVING
            id_ = await share(channel)
            request = pb.GetReferralStatusRequest(merchant_id=MERCHANT, referral_id=id_)
            for path in PATHS:
                raw = await bare(channel, path)(request.SerializeToString(), metadata=TOKEN)
                answer = pb.GetReferralStatusResponse.FromString(raw)
                assert answer.status == pb.REFERRAL_STATUS_PENDING
        assert os.sched_getscheduler(running.process.pid) == os.SCHED_BATCH
        running.process.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(running.process.communicate(), 10)
        assert (running.process.returncode, err) == (0, b"")


async def test_a_user_who_sees_every_merchant_is_told_of_at_the_start(
    environment: Mapping[str, str], database: PostgresSettings
) -> None:
    whole = {**environment, "REFERRALS_DB_USER": database.user, "REFERRALS_LOG_FORMAT": "json"}
    async with started(whole) as running:
        assert running.process.stderr
        line = json.loads(await asyncio.wait_for(running.process.stderr.readline(), 10))
    assert (line["level"], line["event"]) == (
        "warning",
        "the database has no walls for this user",
    )


async def test_when_told_to_end_it_says_so_and_lets_calls_finish(
    environment: Mapping[str, str], auth: Neighbour
) -> None:
    auth.delay = 0.3
    async with started(environment) as running, open_channel(running.address) as channel:
        watch = HealthStub(channel).Watch(HealthCheckRequest())
        seen: list[Any] = [await watch.read()]
        calls = [
            bare(channel, PATHS[0])(
                NOBODY.SerializeToString(), metadata=(("authorization", f"Bearer {caller}"),)
            )
            for caller in range(5)
        ]
        for _ in calls:
            await asyncio.wait_for(auth.arrivals.get(), 5)
        running.process.send_signal(signal.SIGTERM)
        seen.append(await watch.read())
        watch.cancel()
        assert [one.status for one in seen] == [
            HealthCheckResponse.SERVING,
            HealthCheckResponse.NOT_SERVING,
        ]
        assert [await call.code() for call in calls] == [grpc.StatusCode.NOT_FOUND] * 5
        assert await asyncio.wait_for(running.process.wait(), 10) == 0


async def test_it_tells_prometheus_of_calls_and_of_the_cache(
    environment: Mapping[str, str],
) -> None:
    at = Address("127.0.0.1", free_port())
    async with started({**environment, "REFERRALS_METRICS_LISTEN": str(at)}) as running:
        async with open_channel(running.address) as channel:
            id_ = await share(channel)
            request = pb.GetReferralStatusRequest(merchant_id=MERCHANT, referral_id=id_)
            for path in PATHS:
                await bare(channel, path)(request.SerializeToString(), metadata=TOKEN)
        async with httpx.AsyncClient(trust_env=False) as client:
            told = (await client.get(f"http://{at}/metrics")).text.splitlines()
        assert {
            *(f'referrals_grpc_calls_total{{code="OK",method="{path}"}} 1.0' for path in PATHS),
            'referrals_cache_reads_total{outcome="miss"} 1.0',
            'referrals_cache_reads_total{outcome="hit"} 1.0',
            'referrals_decisions_total{cause="link_shared",status="PENDING"} 1.0',
            'referrals_breaker_open{breaker="redis"} 0.0',
        } <= set(told)


@pytest.mark.parametrize(
    ("switch", "told"), [("off", "there is no such method"), ("on", "Method not found!")]
)
async def test_it_may_be_served_by_grpc_aio(
    environment: Mapping[str, str], switch: str, told: str
) -> None:
    """Each server tells in its own words that there is no such method."""
    async with (
        started({**environment, "REFERRALS_GRPC_AIO": switch}) as running,
        open_channel(running.address) as channel,
    ):
        assert await bare(channel, PATHS[0])(b"", metadata=TOKEN).code() is (
            grpc.StatusCode.INVALID_ARGUMENT
        )
        assert await bare(channel, "/nothing")(b"").details() == told


async def test_a_taken_port_is_one_line(environment: Mapping[str, str]) -> None:
    async with started(environment) as running:
        taken = {**environment, "REFERRALS_GRPC_LISTEN": running.address}
        for options in ((), ("--processes", "2")):
            line = await failed(taken, *options)
            told = f"cannot listen on {running.address}: Address already in use"
            advice = "end who listens there, or set another address"
            assert line == f"referrals-grpc: {told}; {advice}"


async def test_the_servers_may_come_later(environment: Mapping[str, str]) -> None:
    away = {"REFERRALS_DB_PORT": "1", "REFERRALS_REDIS_PORT": "1"}
    async with (
        started({**environment, **away}) as running,
        open_channel(running.address) as channel,
    ):
        call = ReferralsServiceStub(channel).GetReferralStatus(NOBODY, metadata=TOKEN)
        assert await call.code() is grpc.StatusCode.UNAVAILABLE


def test_a_missing_setting_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REFERRALS_DB_HOST", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["run"])
    advice = "--help tells which variables are read"
    assert ended.value.code == f"referrals-grpc: REFERRALS_DB_HOST is not set; {advice}"
