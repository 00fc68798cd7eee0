"""A Redis that asks for a password is told it by every connection, and strangers get nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import pytest
from redis.exceptions import AuthenticationError

from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.pipelined import open_commands
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.wire.secret import Secret
from referrals_domain.errors import Unavailable
from referrals_sandbox.servers import valkey
from referrals_sandbox.servers.supervisor import supervising

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PASSWORD: Final = "päss wörd\r\n"
AMPLE: Final = 10.0


@pytest.fixture
async def asking() -> AsyncIterator[RedisSettings]:
    """Return how to reach a Redis that asks for a password and holds `name`."""
    with supervising() as supervisor:
        server = valkey.start(supervisor, port=None)
        open_to_all = RedisSettings(host=server.host, port=server.port)
        async with open_redis(open_to_all) as redis:
            await redis.set("name", "held")
            await redis.config_set("requirepass", PASSWORD)
        yield attrs.evolve(open_to_all, password=Secret(PASSWORD))


async def test_who_knows_the_password_is_answered(asking: RedisSettings) -> None:
    async with open_redis(asking) as redis, open_commands(asking) as commands:
        assert await redis.get("name") == b"held"
        assert [await commands.get("name", AMPLE) for _ in range(2)] == [b"held", b"held"]
        assert await commands.get("other", AMPLE) == b""


@pytest.mark.parametrize("password", [Secret("wrong"), None])
async def test_who_does_not_know_it_is_not(asking: RedisSettings, password: Secret | None) -> None:
    stranger = attrs.evolve(asking, password=password)
    async with open_redis(stranger) as redis, open_commands(stranger) as commands:
        with pytest.raises(AuthenticationError):
            await redis.get("name")
        if password:
            with pytest.raises(Unavailable):
                await commands.get("name", AMPLE)
        else:
            assert await commands.get("name", AMPLE) == b""
