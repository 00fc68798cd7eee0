"""The real program between real servers, with Auth and Core in the test's own process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.webhook.orders import SECRET
from tests.webhook.program import Program
from tests.webhook.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_sandbox.servers.running import Servers
    from tests.neighbours import Neighbour


@pytest.fixture
def program(
    servers: Servers, database: PostgresSettings, auth: Neighbour, core: Neighbour
) -> Iterator[Program]:
    program = Program(
        supervisor=servers.supervisor,
        environment={
            **os.environ,
            **servers.environment(),
            "REFERRALS_DB_NAME": database.name,
            "REFERRALS_WEBHOOK_LISTEN": "127.0.0.1:0",
            "SHOPIFY_API_SECRET": SECRET,
            "AUTH_GRPC_TARGET": auth.target,
            "CORE_GRPC_TARGET": core.target,
            "AUTH_SERVICE_TOKEN": "of-the-worker",
        },
    )
    yield program
    program.end()


@pytest.fixture
async def stage(engine: AsyncEngine, servers: Servers) -> Stage:
    stage = Stage(engine=engine, kafka=servers.kafka.address)
    await stage.set()
    return stage
