"""A shop whose theme loads the script from the http role, and a friend with a browser."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
import trustme

from referrals_adapters.telemetry.metrics import Metrics
from referrals_adapters.wire.variables import Variables
from referrals_sandbox.neighbours.shopify_storefront import open_storefront
from referrals_webhook.container.http import running_http
from referrals_webhook.settings import HttpSettings
from tests.storefront.friend import Friend
from tests.storefront.snippet import snippet
from tests.webhook.served import served
from tests.webhook.test_settings import HTTP

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from playwright.async_api import Page

    from referrals_sandbox.neighbours.shopify_storefront import Storefront


@pytest.fixture(scope="session")
def tls() -> ssl.SSLContext:
    """A certificate that nobody trusts, but the pages of tests."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    return context


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def gateway() -> AsyncIterator[str]:
    """Where the script is served: by the http role, which needs no database for it."""
    async with (
        running_http(HttpSettings.read(Variables(HTTP)), Metrics()) as container,
        served(container) as role,
    ):
        yield f"http://{role.address}"


@pytest.fixture
def storefront(tls: ssl.SSLContext, gateway: str) -> Iterator[Storefront]:
    with open_storefront(tls, snippet(gateway)) as storefront:
        yield storefront


@pytest_asyncio.fixture(loop_scope="session")
async def friend(page: Page, storefront: Storefront, gateway: str) -> AsyncIterator[Friend]:
    """A friend; whatever they do, the script is quiet, sets no cookie and tells nobody else."""
    friend = Friend(page, storefront)
    yield friend
    assert friend.complaints == []
    assert await page.evaluate("document.cookie") == ""
    assert {cookie["name"] for cookie in await page.context.cookies()} == {"session"}
    assert friend.hosts == {urlsplit(storefront.url).netloc, urlsplit(gateway).netloc}
