"""Friends are led while the database is away, if their merchant is known; visits wait for it."""

from __future__ import annotations

import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

import attrs
import httpx
import pytest

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.postgres.pool import ANSWER_WITHIN
from referrals_domain.testing.builders import MERCHANT
from tests.trouble.ground import TOKEN, Frontend, Ground, frozen, killed
from tests.waiting import until
from tests.webhook.orders import SECRET
from tests.webhook.program import Process, Program
from tests.webhook.test_visitor import FRIENDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE: Final = ANSWER_WITHIN - 2
"""Seconds: less than it takes to give up a database that is frozen."""

UNKNOWN: Final = "0000000012"
"""A code of nobody's."""


@attrs.frozen
class Links:
    """The http role, as friends meet it."""

    process: Process
    client: httpx.AsyncClient

    async def follow(self, path: str) -> tuple[int, str]:
        """Return the status, and the code with which a friend lands."""
        answer = await self.client.get(path, headers={"user-agent": FRIENDS["Safari"]})
        landed = urlsplit(answer.headers.get("location", ""))
        return answer.status_code, parse_qs(landed.query).get("ref", [""])[0]


@asynccontextmanager
async def running_http(ground: Ground) -> AsyncIterator[Links]:
    """Run the http role as a process, within the block."""
    told = {"REFERRALS_WEBHOOK_LISTEN": "127.0.0.1:0", "SHOPIFY_API_SECRET": SECRET}
    program = Program(supervisor=ground.supervisor, environment=ground.environment(**told))
    try:
        process = program.start("run", "--role", "http")
        async with httpx.AsyncClient(
            base_url=await process.url(), trust_env=False, timeout=PATIENCE
        ) as client:
            yield Links(process, client)
    finally:
        program.end()


async def share(frontend: Frontend, link_id: str) -> pb.ShareLinkResponse:
    request = pb.ShareLinkRequest(
        merchant_id=MERCHANT, referral_link_id=link_id, channel=pb.CHANNEL_QR
    )
    return await frontend.stub.ShareLink(request, metadata=TOKEN)


def path_of(shared: pb.ShareLinkResponse) -> str:
    """Return what a friend asks the gateway for."""
    return urlsplit(shared.url)._replace(scheme="", netloc="").geturl()


async def visits(frontend: Frontend, referral_id: str) -> int:
    request = pb.GetReferralRequest(merchant_id=MERCHANT, referral_id=referral_id)
    return (await frontend.stub.GetReferral(request, metadata=TOKEN)).visits


async def test_a_merchant_who_is_known_is_led_to_without_a_database_and_visits_are_not_lost(
    ground: Ground, frontend: Frontend, link_id: str
) -> None:
    first, shared = [await share(frontend, link_id) for _ in range(2)]
    path, code = path_of(shared), (await frontend.link()).code
    unknown = f"/r/{MERCHANT}/{UNKNOWN}"

    async with running_http(ground) as links:

        async def is_known() -> bool:
            """The first may have been too early for a database that is busy."""
            await links.follow(path_of(first))
            return await links.follow(unknown) == (302, "")

        await until(is_known)
        with frozen(ground.postgres):
            assert await links.follow(path) == (302, code)
            assert await links.follow(unknown) == (302, UNKNOWN)
        with killed(ground.postgres):
            assert await links.follow(path) == (302, code)
            assert await links.follow(unknown) == (302, UNKNOWN)
            assert await links.follow(f"/r/nobody/{code}") == (503, "")
        assert await links.follow(path) == (302, code)
        links.process.send(signal.SIGTERM)
        assert await links.process.exit_code() == 0

    async def all_are_told() -> bool:
        return await visits(frontend, shared.referral.id) >= 3  # one may be told twice

    await until(all_are_told)
