"""Servers of these tests' own, which they share, because no test leaves them in trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest_asyncio

from referrals_adapters.postgres.migrate import migrate
from referrals_sandbox.servers import postgres, valkey
from referrals_sandbox.servers.supervisor import supervising
from tests import neighbours
from tests.neighbours import answering
from tests.trouble.ground import Frontend, Ground, running_grpc, settings_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_SETTINGS = {"fsync": "off", "log_statement": "all"}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ground() -> AsyncIterator[Ground]:
    with supervising() as supervisor:
        begun = postgres.launch(supervisor, port=None, settings=_SETTINGS)
        redis = valkey.start(supervisor, port=None)
        database = begun()
        await migrate(
            attrs.evolve(
                settings_of(database), user=database.owner, password=database.owner_password
            )
        )
        async with answering(neighbours.auth()) as auth:
            yield Ground(
                supervisor=supervisor,
                database=database,
                redis=redis,
                auth_target=auth.target,
            )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def frontend(ground: Ground) -> AsyncIterator[Frontend]:
    """A frontend of the service, which runs on the servers as they are."""
    async with running_grpc(ground) as frontend:
        yield frontend


@pytest_asyncio.fixture(loop_scope="session")
async def link_id(frontend: Frontend) -> str:
    """The link of an advocate."""
    return await frontend.open_program()
