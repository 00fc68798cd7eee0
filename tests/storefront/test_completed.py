"""From a shared link, by storefront, cart and order, to the completed referral."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from referrals_sandbox.composition import merchant
from referrals_sandbox.composition.running import running
from referrals_sandbox.neighbours.frontend import Frontend, open_frontend
from referrals_sandbox.neighbours.shopify import ORDERS_CREATE, Delivery, deliver
from tests.gateway.test_links import asked
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from referrals_sandbox.composition.sandbox import Sandbox
    from tests.storefront.friend import Friend


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def gateway(sandbox: Sandbox) -> str:
    """Where the script is served: by Envoy before the running service."""
    return sandbox.gateway


@pytest.fixture(scope="module")
def frontend(sandbox: Sandbox) -> Iterator[Frontend]:
    with open_frontend(sandbox.gateway_address, sandbox.token) as frontend:
        yield frontend


@pytest.mark.asyncio(loop_scope="session")
async def test_a_shared_link_becomes_a_completed_referral(
    friend: Friend, frontend: Frontend, sandbox: Sandbox
) -> None:
    program = merchant.program()
    program.storefront_url = friend.storefront.url
    await asyncio.to_thread(frontend.put_program, program)
    shared = await asyncio.to_thread(
        asked,
        sandbox,
        "ShareLink",
        referral_link_id=sandbox.referral_link_id,
        channel="CHANNEL_SMS",
    )
    referral_id, code = shared["referral"]["id"], sandbox.referral_link_code

    await friend.page.goto(shared["url"])
    link = {"ref": code, "share": referral_id, "channel": "sms"}
    await friend.has_in_cart(link)
    await friend.open("/products/serum")
    await friend.add_to_cart()
    delivery = Delivery(
        topic=ORDERS_CREATE,
        shop_domain=sandbox.shop_domain,
        body=await friend.pay(),
        secret=sandbox.shopify_secret,
    )
    (answer,) = await asyncio.to_thread(deliver, sandbox.gateway, delivery)
    assert answer.json() == {"receipt": "stored"}

    async def completed() -> bool:
        ask = (sandbox.merchant_id, referral_id)
        return (await asyncio.to_thread(frontend.status, *ask)).status == "COMPLETED"

    await until(completed)
