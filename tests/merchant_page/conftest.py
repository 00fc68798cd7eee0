"""The page as the http role serves it, without the service that it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from referrals_adapters.telemetry.metrics import Metrics
from referrals_adapters.wire.variables import Variables
from referrals_webhook.container.http import running_http
from referrals_webhook.settings import HttpSettings
from tests.webhook.served import served
from tests.webhook.test_settings import HTTP

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.webhook.served import Served


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def role() -> AsyncIterator[Served]:
    """The http role, which needs no database for its files."""
    settings = HttpSettings.read(Variables(HTTP))
    async with running_http(settings, Metrics()) as container, served(container) as role:
        yield role
