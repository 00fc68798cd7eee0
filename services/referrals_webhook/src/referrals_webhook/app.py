"""The HTTP application: which URL leads where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route, Router

from referrals_webhook.follow import METHODS, ROUTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from referrals_webhook.follow import FollowedLinks
    from referrals_webhook.handlers import Webhook
    from referrals_webhook.probes import Probes
    from referrals_webhook.static_file import StaticFile


def application(
    webhooks: Iterable[Webhook],
    links: FollowedLinks,
    files: Mapping[str, StaticFile],
    probes: Probes,
) -> Router:
    """
    Return the application: a URL for each topic, one for each link and file, and two probes.

    Nobody is redirected but who follows a link: that would lead to whatever host the caller named.
    """
    return Router(
        routes=[
            *(Route(f"/{one.topic}", endpoint=one, methods=["POST"]) for one in webhooks),
            Route(ROUTE, endpoint=links, methods=METHODS),
            *(Route(path, endpoint=file.serve) for path, file in files.items()),
            Route("/healthz", endpoint=probes.alive),
            Route("/readyz", endpoint=probes.ready),
        ],
        redirect_slashes=False,
    )
