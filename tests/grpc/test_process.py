"""The real process, against real servers."""

from __future__ import annotations

import asyncio
import os
import signal
import sysconfig
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from referrals_adapters.grpc.channel import open_channel
from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.pb.referrals.v1.referrals_pb2_grpc import ReferralsServiceStub
from referrals_domain.testing.builders import ADVOCATE, MERCHANT, SHOP
from referrals_grpc.__main__ import main
from tests.grpc.service import TOKEN, bare

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from referrals_adapters.grpc.channel import Channel
    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_sandbox.servers.running import Servers
    from tests.neighbours import Neighbour

COMMAND = Path(sysconfig.get_path("scripts"), "referrals-grpc")
NOBODY = pb.GetReferralStatusRequest(
    merchant_id=MERCHANT, referral_id="99999999-9999-4999-8999-999999999999"
)
PATHS = ("/referrals.v1/GetReferralStatus", "/referrals.v1.ReferralsService/GetReferralStatus")


@attrs.frozen
class Running:
    """The service as a process of its own."""

    process: asyncio.subprocess.Process
    address: str


@pytest.fixture
def environment(
    servers: Servers, database: PostgresSettings, auth: Neighbour
) -> Mapping[str, str]:
    return {
        **os.environ,
        "AUTH_GRPC_TARGET": auth.target,
        "REFERRALS_DB_HOST": database.host,
        "REFERRALS_DB_PORT": str(database.port),
        "REFERRALS_DB_NAME": database.name,
        "REFERRALS_DB_USER": database.user,
        "REFERRALS_DB_PASSWORD": database.password,
        "REFERRALS_REDIS_HOST": servers.redis.host,
        "REFERRALS_REDIS_PORT": str(servers.redis.port),
        "REFERRALS_GRPC_LISTEN": "127.0.0.1:0",
    }


@asynccontextmanager
async def started(environment: Mapping[str, str]) -> AsyncIterator[Running]:
    process = await start(environment)
    try:
        assert process.stdout
        line = (await asyncio.wait_for(process.stdout.readline(), 10)).decode()
        says, _, address = line.strip().rpartition(" ")
        assert says == "referrals-grpc listening on"
        yield Running(process, address)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def start(environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        COMMAND,
        "run",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def failed(environment: Mapping[str, str]) -> str:
    """Run the service, which must fail with nothing but one line; return the line."""
    process = await start(environment)
    out, err = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, out, err.count(b"\n")) == (1, b"", 1), err
    return err.decode().strip()


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
        running.process.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(running.process.communicate(), 10)
        assert (running.process.returncode, err) == (0, b"")


async def test_when_told_to_end_it_says_so_and_lets_calls_finish(
    environment: Mapping[str, str], auth: Neighbour
) -> None:
    auth.delay = 0.5
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


async def test_a_taken_port_is_one_line(environment: Mapping[str, str]) -> None:
    async with started(environment) as running:
        line = await failed({**environment, "REFERRALS_GRPC_LISTEN": running.address})
    assert line == (f"referrals-grpc: cannot listen on {running.address}: Address already in use")


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
    assert ended.value.code == "referrals-grpc: REFERRALS_DB_HOST is not set"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]], ids=" ".join)
def test_help_names_the_settings(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert "REFERRALS_GRPC_LISTEN" in capsys.readouterr().out


def test_a_command_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "command" in capsys.readouterr().err
