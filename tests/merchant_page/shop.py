"""A merchant of a running sandbox whose advocates share and whose friends order."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import asyncpg
import attrs
import httpx

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.composition import merchant
from referrals_sandbox.composition.sandbox import Sandbox
from referrals_sandbox.neighbours.frontend import open_frontend
from referrals_sandbox.neighbours.shopify import ORDERS_CREATE, Delivery, deliver
from referrals_sandbox.neighbours.shopify_order import FriendsOrder
from referrals_sandbox.neighbours.world import WorldFile
from tests.waiting import until
from tests.webhook.test_visitor import FRIENDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_sandbox.neighbours.world import World

_FIRST_HOUSEHOLD: Final = int(ipaddress.ip_address("198.18.0.0"))

_SPREAD: Final = """
    WITH moved AS (
        SELECT id, opened_at - floor(29 * random() ^ 1.4) * interval '1 day' AS at
        FROM referrals WHERE merchant_id = $1
    )
    UPDATE referrals SET opened_at = moved.at FROM moved WHERE referrals.id = moved.id
"""


@attrs.frozen(kw_only=True)
class Shop:
    """
    A merchant, and what happens to them.

    Args:
        sandbox: Where.
        merchant_id: The merchant.
        token: May act for them.
    """

    sandbox: Sandbox
    merchant_id: str
    token: str = attrs.field(repr=False)

    @property
    def page(self) -> str:
        """The address that a frontend hands over."""
        handed = urlencode({"token": self.token, "merchant": self.merchant_id})
        return f"{self.sandbox.gateway}/merchant/#{handed}"

    @property
    def domain(self) -> str:
        return f"{self.merchant_id}.myshopify.com"

    def open(self, *, review: bool = False) -> None:
        """Put the program."""
        program = merchant.program()
        program.merchant_id, program.shop_domain = self.merchant_id, self.domain
        program.review = review
        with open_frontend(self.sandbox.grpc, self.token) as frontend:
            frontend.put_program(program)

    def share(
        self,
        channel: pb.Channel.ValueType = pb.CHANNEL_SMS,
        *,
        advocate: str = merchant.CUSTOMER_ID,
        times: int = 1,
    ) -> list[Share]:
        """Have an advocate share their link."""
        with open_frontend(self.sandbox.grpc, self.token) as frontend:
            link = frontend.create_link(self.merchant_id, advocate)
            return [
                Share(
                    shop=self,
                    id=frontend.share(self.merchant_id, link.id, channel).id,
                    code=link.code,
                    channel=channel,
                )
                for _ in range(times)
            ]

    async def has_a_suspicion(self) -> Share:
        """Have two friends of an advocate order from one address; the second waits for review."""
        first, second = self.share(times=2)
        household = str(ipaddress.ip_address(_FIRST_HOUSEHOLD + int(first.id[:4], 16)))
        await first.ordered("COMPLETED", address=household)
        await second.ordered("QUALIFIED", address=household)
        return second

    async def had_a_month(self, completed: Mapping[pb.Channel.ValueType, tuple[int, int]]) -> None:
        """Have shares by channel and how many of them completed, spread over four weeks."""
        for number, (channel, (shares, orders)) in enumerate(completed.items(), start=1):
            advocate = f"{int(merchant.CUSTOMER_ID) + number}"
            made = await asyncio.to_thread(self.share, channel, advocate=advocate, times=shares)
            for one in made[::2]:
                await asyncio.to_thread(one.follow)
            for one in made[:orders]:
                await one.ordered("COMPLETED")
        connection = await asyncpg.connect(self.sandbox.database_url)
        try:
            await connection.execute(_SPREAD, self.merchant_id)
        finally:
            await connection.close()


@attrs.frozen(kw_only=True)
class Share:
    """
    A share, and the friend who came by it.

    Args:
        shop: Whose.
        id: The referral that it opened.
        code: The code of its link.
        channel: How it was shared.
    """

    shop: Shop
    id: str
    code: str
    channel: pb.Channel.ValueType

    @property
    def by(self) -> str:
        """The channel as URLs and orders name it."""
        return pb.Channel.Name(self.channel).removeprefix("CHANNEL_").lower()

    def follow(self) -> None:
        """Have a friend follow its URL."""
        sandbox, merchant_id = self.shop.sandbox, self.shop.merchant_id
        url = f"{sandbox.gateway}/r/{merchant_id}/{self.code}?s={self.id}&c={self.by}"
        answer = httpx.get(url, headers={"user-agent": FRIENDS["Safari"]}, trust_env=False)
        assert answer.status_code == httpx.codes.FOUND

    def order(self, *, address: str | None = None) -> None:
        """Have Shopify post a friend's order."""
        order = FriendsOrder(
            code=self.code,
            prefix=merchant.CODE_PREFIX,
            referral_id=self.id,
            channel=self.by,
            placed_at=datetime.now(UTC),
        )
        delivery = Delivery(
            topic=ORDERS_CREATE,
            shop_domain=self.shop.domain,
            body=json.dumps({**json.loads(order.body()), "browser_ip": address}).encode(),
            secret=self.shop.sandbox.shopify_secret,
        )
        (answer,) = deliver(self.shop.sandbox.gateway, delivery)
        assert answer.json() == {"receipt": "stored"}

    async def ordered(self, status: str, *, address: str | None = None) -> None:
        """Have a friend order, and wait until that is decided so."""
        await asyncio.to_thread(self.order, address=address)
        await until(lambda: asyncio.to_thread(self.stands, status), within=10)

    def stands(self, status: str) -> bool:
        """Tell whether the referral stands so."""
        with open_frontend(self.shop.sandbox.grpc, self.shop.token) as frontend:
            return frontend.status(self.shop.merchant_id, self.id).status == status


def shop(sandbox: Sandbox, merchant_id: str, *, token: str = "") -> Shop:
    """Return a merchant whom Auth knows from now on, with a token: by default one of their own."""
    token = token or f"of-{merchant_id}"

    def with_the_merchant(world: World) -> World:
        return attrs.evolve(
            world,
            merchants={**world.merchants, merchant_id: True},
            tokens={**world.tokens, token: [*world.tokens.get(token, ()), merchant_id]},
        )

    WorldFile(Path(sandbox.world)).change(with_the_merchant)
    return Shop(sandbox=sandbox, merchant_id=merchant_id, token=token)
