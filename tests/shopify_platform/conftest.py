"""A Shopify in the test's own process, with a shop, and a gateway that takes its webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import httpx
import pytest

from referrals_sandbox.neighbours.shopify_platform.circumstances import Circumstances
from referrals_sandbox.neighbours.shopify_platform.platform import Shopify
from referrals_sandbox.neighbours.shopify_platform.serving import application
from referrals_sandbox.neighbours.shopify_platform.shop import Terms
from tests.shopify_platform.gateway import Gateway, taking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SHOP = "acme.myshopify.com"
TOKEN = "shpat_1"
SECRET = "shpss_1"
SPEED = 4 * 3600 / 0.4  # the retries of 4 hours in 0.4 s


@attrs.frozen(kw_only=True)
class Stand:
    """
    Shopify, as tests have it.

    Args:
        shopify: Has things happen.
        gateway: What it posts to.
        client: Asks the Admin API.
    """

    shopify: Shopify
    gateway: Gateway
    client: httpx.AsyncClient

    async def ask(
        self, question: str, /, token: str = TOKEN, shop: str = SHOP, **variables: Any
    ) -> httpx.Response:
        return await self.client.post(
            "/admin/api/2026-10/graphql.json",
            json={"query": question, "variables": variables},
            headers={"Host": shop, "X-Shopify-Access-Token": token},
        )

    async def data(self, question: str, /, **variables: Any) -> Any:
        """Return the data of an answer without errors."""
        answer = (await self.ask(question, **variables)).json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def quiet(self) -> None:
        """Wait until no webhook is on its way."""
        await self.shopify.webhooks.settle()


def terms(gateway: Gateway, **changes: Any) -> Terms:
    agreed = Terms(domain=SHOP, token=TOKEN, gateway=gateway.url, secrets=(SECRET,))
    return attrs.evolve(agreed, **changes)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with taking() as gateway:
        yield gateway


@pytest.fixture
async def stand(gateway: Gateway) -> AsyncIterator[Stand]:
    shopify = Shopify(Circumstances(speed=SPEED))
    transport = httpx.ASGITransport(application(shopify))
    async with httpx.AsyncClient(transport=transport, base_url=f"https://{SHOP}") as client:
        shopify.agree(terms(gateway))
        yield Stand(shopify=shopify, gateway=gateway, client=client)
    await shopify.webhooks.close()
