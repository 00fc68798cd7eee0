"""The HTTP application: which URL leads where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from referrals_webhook.handlers import Webhook
    from referrals_webhook.probes import Probes


def application(webhooks: Iterable[Webhook], probes: Probes) -> Starlette:
    """Return the application: a URL for each topic, `/healthz` and `/readyz`."""
    return Starlette(
        routes=[
            *(Route(f"/{one.topic}", endpoint=one, methods=["POST"]) for one in webhooks),
            Route("/healthz", endpoint=probes.alive),
            Route("/readyz", endpoint=probes.ready),
        ]
    )
