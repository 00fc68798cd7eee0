"""The HTTP application: which URL leads where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route, Router

from referrals_webhook.follow import METHODS, ROUTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.types import Receive, Scope, Send

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
    posted = {f"/{one.topic}": one for one in webhooks}
    others = [
        Route(ROUTE, endpoint=links, methods=METHODS),
        *(Route(path, endpoint=file.serve) for path, file in files.items()),
        Route("/healthz", endpoint=probes.alive),
        Route("/readyz", endpoint=probes.ready),
    ]
    return _Application(posted, others)


class _Application(Router):
    """A router that does without patterns where a webhook is called: they cost a tenth of it."""

    def __init__(self, posted: Mapping[str, Webhook], others: Iterable[Route]) -> None:
        webhooks = (Route(path, endpoint=one, methods=["POST"]) for path, one in posted.items())
        super().__init__([*webhooks, *others], redirect_slashes=False)
        self._posted = posted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one call, as an ASGI application."""
        webhook = self._posted.get(scope["path"]) if scope["method"] == "POST" else None
        await (webhook or super().__call__)(scope, receive, send)
