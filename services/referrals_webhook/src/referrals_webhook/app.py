"""The HTTP application: which URL leads where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route, Router

from referrals_webhook.storefront import PATH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from referrals_webhook.handlers import Webhook
    from referrals_webhook.probes import Probes
    from referrals_webhook.storefront import StorefrontScript


def application(webhooks: Iterable[Webhook], script: StorefrontScript, probes: Probes) -> Router:
    """
    Return the application: a URL for each topic, the storefront's script, and two probes.

    It redirects nobody: that would lead to whatever host the caller named.
    """
    return Router(
        routes=[
            *(Route(f"/{one.topic}", endpoint=one, methods=["POST"]) for one in webhooks),
            Route(PATH, endpoint=script.serve),
            Route("/healthz", endpoint=probes.alive),
            Route("/readyz", endpoint=probes.ready),
        ],
        redirect_slashes=False,
    )
