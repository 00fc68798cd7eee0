"""The merchant of the sandbox, and what is secret about them."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import attrs

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.neighbours.world import EVERY_MERCHANT, Customer, World

MERCHANT_ID = "acme"
SHOP_DOMAIN = "acme.myshopify.com"
STOREFRONT = "https://acme.example"
CODE_PREFIX = "FRIEND"
CUSTOMER_ID = "7360412190001"
"""The advocate: Core knows them."""

_ONE_ORDER = Customer(frequency=1)
_BYTES = 24


@attrs.frozen(kw_only=True)
class Secrets:
    """
    What is made up anew for each sandbox.

    Args:
        token: May act for the merchant.
        service_token: May act for every merchant.
        shopify_secret: Signs webhooks.
    """

    token: str = attrs.field(factory=lambda: secrets.token_urlsafe(_BYTES), repr=False)
    service_token: str = attrs.field(factory=lambda: secrets.token_urlsafe(_BYTES), repr=False)
    shopify_secret: str = attrs.field(
        factory=lambda: f"shpss_{secrets.token_hex(_BYTES)}", repr=False
    )


def world(own: Secrets) -> World:
    """
    Return what Auth and Core know in the beginning.

    Of whom Core was not told it has counted one order and has no time: such a customer may be a
    new friend, and an advocate too, so that orders can be tried with any customers.
    """
    return World(
        merchants={MERCHANT_ID: True},
        tokens={own.token: [MERCHANT_ID], own.service_token: [EVERY_MERCHANT]},
        customers={
            f"{MERCHANT_ID}/{CUSTOMER_ID}": Customer(
                frequency=7,
                recency=12,
                monetary=48_230,
                currency_code="USD",
                segment="champions",
                first_order_time=datetime.now(UTC) - timedelta(days=400),
            )
        },
        strangers=_ONE_ORDER,
    )


def page(gateway: str, token: str) -> str:
    """
    Return the URL of the merchant page, as a merchant's frontend hands it over.

    What is behind the `#` no browser sends to a server.
    """
    return f"{gateway}/merchant/#{urlencode({'token': token, 'merchant': MERCHANT_ID})}"


def program() -> pb.Program:
    """Return the merchant's program: a referral completes as soon as the order is created."""
    return pb.Program(
        merchant_id=MERCHANT_ID,
        shop_domain=SHOP_DOMAIN,
        storefront_url=STOREFRONT,
        code_prefix=CODE_PREFIX,
        complete_on=pb.COMPLETE_ON_ORDER_CREATED,
        discount_link=True,
    )
