"""Neighbours on real sockets, and our service between them and a client."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.grpc.channel import open_channel
from tests.grpc.service import Service, serving_in_memory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from referrals_adapters.grpc.channel import Channel
    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_sandbox.servers.running import Servers
    from tests.neighbours import Neighbour


@pytest.fixture
async def auth_channel(auth: Neighbour) -> AsyncIterator[Channel]:
    async with open_channel(auth.target) as channel:
        yield channel


@pytest.fixture
async def core_channel(core: Neighbour) -> AsyncIterator[Channel]:
    async with open_channel(core.target) as channel:
        yield channel


@pytest.fixture
async def service(request: pytest.FixtureRequest, auth: Neighbour) -> AsyncIterator[Service]:
    """Our service, by our server or, where a test says so, by grpc.aio's."""
    async with serving_in_memory(auth, aio=getattr(request, "param", False)) as service:
        yield service


@pytest.fixture
def environment(
    servers: Servers, walled_database: PostgresSettings, auth: Neighbour
) -> Mapping[str, str]:
    """What a real process of the service is told."""
    return {
        **os.environ,
        "AUTH_GRPC_TARGET": auth.target,
        "REFERRALS_DB_HOST": walled_database.host,
        "REFERRALS_DB_PORT": str(walled_database.port),
        "REFERRALS_DB_NAME": walled_database.name,
        "REFERRALS_DB_USER": walled_database.user,
        "REFERRALS_DB_PASSWORD": walled_database.password.revealed(),
        "REFERRALS_REDIS_HOST": servers.redis.host,
        "REFERRALS_REDIS_PORT": str(servers.redis.port),
        "REFERRALS_GRPC_LISTEN": "127.0.0.1:0",
        "REFERRALS_PUBLIC_URL": "https://go.example",
    }
