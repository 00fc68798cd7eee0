"""The service on its real servers, with merchants who each have a program, a link and shares."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from referrals_adapters.grpc.channel import open_channel
from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.pb.referrals.v1.referrals_pb2_grpc import ReferralsServiceStub
from referrals_adapters.wire.variables import Variables
from referrals_grpc.serve import served
from referrals_grpc.settings import Settings
from referrals_sandbox.neighbours import auth
from referrals_sandbox.neighbours.grpc_server import Server
from referrals_sandbox.neighbours.world import World, WorldFile
from tests.grpc.probes import (
    Merchant,
    Prober,
    may_act,
    merchant_id,
    request_id,
    shop_domain,
    token,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_sandbox.servers.running import Servers


@asynccontextmanager
async def walled(
    servers: Servers, database: PostgresSettings, folder: Path, *, merchants: int
) -> AsyncIterator[Prober]:
    """Run the service and Auth within the block, and yield what probes so many merchants."""
    world = WorldFile(folder / "world.json")
    world.write(_world(merchants))
    async with (
        _auth(world) as target,
        served(_settings(servers, database, target)) as address,
        open_channel(str(address)) as channel,
    ):
        stub = ReferralsServiceStub(channel)
        made = [await _merchant(stub, number) for number in range(merchants)]
        yield Prober(channel=channel, merchants=made)


def _world(merchants: int) -> World:
    numbers = range(merchants)
    return World(
        merchants={merchant_id(number): True for number in numbers},
        tokens={
            token(one): [
                merchant_id(number) for number in numbers if may_act(one, number, merchants)
            ]
            for one in range(merchants + 1)
        },
    )


@asynccontextmanager
async def _auth(world: WorldFile) -> AsyncIterator[str]:
    server = Server(auth.method(world))
    port = server.listen("127.0.0.1:0")
    working = asyncio.create_task(asyncio.to_thread(server.work))
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.end(grace=0)
        await working


def _settings(servers: Servers, database: PostgresSettings, auth_target: str) -> Settings:
    return Settings.read(
        Variables(
            {
                "REFERRALS_GRPC_LISTEN": "127.0.0.1:0",
                "REFERRALS_PUBLIC_URL": "https://go.example",
                "REFERRALS_DB_HOST": database.host,
                "REFERRALS_DB_PORT": str(database.port),
                "REFERRALS_DB_NAME": database.name,
                "REFERRALS_DB_USER": database.user,
                "REFERRALS_DB_PASSWORD": database.password.revealed(),
                "REFERRALS_REDIS_HOST": servers.redis.host,
                "REFERRALS_REDIS_PORT": str(servers.redis.port),
                "AUTH_GRPC_TARGET": auth_target,
                "REFERRALS_GRPC_CALLER_LIMIT": "100000",
                "REFERRALS_GRPC_MERCHANT_LIMIT": "100000",
            }
        )
    )


async def _merchant(stub: ReferralsServiceStub, number: int) -> Merchant:
    own, customer_id = merchant_id(number), f"7{number:09}"
    how: Any = {"metadata": (("authorization", f"Bearer {token(number)}"),), "timeout": 20}
    program = pb.Program(
        merchant_id=own, shop_domain=shop_domain(number), storefront_url="https://a.example"
    )
    await stub.PutProgram(pb.PutProgramRequest(program=program), **how)
    asked = pb.CreateReferralLinkRequest(
        merchant_id=own,
        customer_id=customer_id,
        request_id=request_id("CreateReferralLink", number),
    )
    link = (await stub.CreateReferralLink(asked, **how)).referral_link
    share = pb.ShareLinkRequest(merchant_id=own, referral_link_id=link.id, channel=pb.CHANNEL_QR)
    await stub.ShareLink(share, **how)
    share.request_id = request_id("ShareLink", number)
    referral = (await stub.ShareLink(share, **how)).referral
    page = pb.ListReferralsRequest(merchant_id=own, page_size=1)
    return Merchant(
        number=number,
        ids={
            "code": link.code,
            "customer_id": customer_id,
            "page_token": (await stub.ListReferrals(page, **how)).next_page_token,
            "referral_id": referral.id,
            "referral_link_id": link.id,
        },
    )
