"""From a shared link to the completed referral: gateway, storefront, cart, order, webhook."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.composition.merchant import CODE_PREFIX
from referrals_sandbox.composition.running import running
from referrals_sandbox.neighbours.frontend import Frontend, open_frontend
from referrals_sandbox.neighbours.shopify import ORDERS_CREATE, Delivery, deliver
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
    referral = await asyncio.to_thread(
        frontend.share, sandbox.merchant_id, sandbox.referral_link_id, pb.CHANNEL_SMS
    )
    link = {"ref": sandbox.referral_link_code, "share": referral.id, "channel": "sms"}
    redirect = quote(f"/?{urlencode(link)}", safe="")
    await friend.open(f"/discount/{CODE_PREFIX}-{link['ref']}?redirect={redirect}")
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
        ask = (sandbox.merchant_id, referral.id)
        return (await asyncio.to_thread(frontend.status, *ask)).status == "COMPLETED"

    await until(completed)
