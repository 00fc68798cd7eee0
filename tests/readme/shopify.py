"""What the webhook service takes and answers, asked of its code."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.routing import Route

from referrals_adapters.telemetry.metrics import Metrics
from referrals_adapters.wire.variables import Variables
from referrals_webhook import handlers
from referrals_webhook.container.http import running_http
from referrals_webhook.exchange import Answer
from referrals_webhook.settings import HttpSettings
from tests.webhook.test_settings import HTTP


async def paths() -> set[str]:
    """Return the paths that take webhooks."""
    async with running_http(HttpSettings.read(Variables(HTTP)), Metrics()) as container:
        routes = container.app().routes
    return {one.path for one in routes if isinstance(one, Route) and "POST" in (one.methods or ())}


def answers() -> set[tuple[int, str]]:
    """Return every status that Shopify may be answered, with its word."""
    known = {name: value for name, value in vars(handlers).items() if name.startswith("_")}
    alone = [value for value in known.values() if isinstance(value, Answer)]
    mapped = [value for value in known.values() if isinstance(value, Mapping)]
    several = [one for values in mapped for one in values.values() if isinstance(one, Answer)]
    return {(one.status, one.word) for one in (*alone, *several)}
