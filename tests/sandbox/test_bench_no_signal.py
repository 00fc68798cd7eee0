"""Orders without a signal are counted only if the database hears nothing of them."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg
import attrs
import pytest
import uvloop

from referrals_adapters.shopify.payloads import READERS
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.delivery import Topic
from referrals_sandbox.bench import tables
from referrals_sandbox.bench.load import ask_times
from referrals_sandbox.bench.no_signal import no_signal, quiet
from referrals_sandbox.bench.orders import Orders
from referrals_sandbox.bench.plan import QUICK
from referrals_sandbox.bench.stage import Stage
from referrals_sandbox.bench.webhooks import posting
from referrals_sandbox.composition.running import running
from referrals_sandbox.composition.shops import Link, open_shops
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_sandbox.composition.sandbox import Sandbox
    from referrals_sandbox.servers.postgres import Database
    from referrals_sandbox.servers.running import Servers

LINK = Link(merchant_id="shop", shop_domain="s.example", id="l", code=ReferralCode.of_number(7))


def test_they_are_as_large_as_others_and_all_different_and_do_not_count() -> None:
    orders = Orders([LINK], "secret", signal=False)

    bodies = [orders.next().partition(b"\r\n\r\n")[2] for _ in range(3)]

    assert all(10_000 <= len(body) < 11_000 for body in bodies)
    assert len({json.loads(body)["id"] for body in bodies}) == 3
    assert [READERS[Topic.ORDERS_CREATE](body).counts for body in bodies] == [False] * 3


@asynccontextmanager
async def connected(
    database: Database, *, user: str, application: str = "test"
) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(
        host=database.host,
        port=database.port,
        database=database.name,
        user=user,
        password=database.password,
        server_settings={"application_name": application},
    )
    yield connection
    await connection.close()


async def test_work_of_the_role_http_is_seen_and_of_no_other(servers: Servers) -> None:
    database, http = servers.database, "referrals-webhook-http"
    async with (
        connected(database, user=database.owner) as owner,
        connected(database, user=database.user, application=http) as role,
        connected(database, user=database.user, application="other") as other,
    ):
        async with quiet(owner):
            await other.execute("SELECT 1")
        with pytest.raises(SandboxError, match="made work"):
            async with quiet(owner):
                await role.execute("SELECT 1")
        async with AsyncExitStack() as stack:
            with pytest.raises(SandboxError, match="made work"):
                async with quiet(owner):
                    await stack.enter_async_context(
                        connected(database, user=database.user, application=http)
                    )


async def test_nobody_takes_what_they_may_not_see_for_quiet(servers: Servers) -> None:
    database = servers.database
    async with (
        connected(database, user=database.user, application="referrals-webhook-http"),
        connected(database, user=database.grpc_user) as stranger,
    ):
        with pytest.raises(SandboxError, match="may not see"):
            async with quiet(stranger):
                pass


@pytest.mark.long
def test_the_role_http_answers_them_without_the_database_and_no_others() -> None:
    async def post(sandbox: Sandbox) -> None:
        links = await asyncio.to_thread(open_shops, sandbox)
        stage = Stage(sandbox=sandbox)
        await stage.start("http")
        with_signal = Orders(links, sandbox.shopify_secret)
        async with tables.opened(sandbox.servers.database) as rows:
            plan = attrs.evolve(QUICK, webhooks=0.3)
            measured = await no_signal(stage, links, rows.connection, plan)
            with pytest.raises(SandboxError, match="made work"):
                async with (
                    quiet(rows.connection),
                    posting(stage.webhook_addresses, with_signal.next) as askers,
                ):
                    await ask_times(1, askers)
            stored = await rows.forget_deliveries({link.merchant_id for link in links})

        assert len(measured) == plan.rounds
        assert all(one.done > 100 for one in measured)
        assert stored == 1

    with running() as sandbox:
        sandbox.webhook_service.process.stop()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(post(sandbox))
