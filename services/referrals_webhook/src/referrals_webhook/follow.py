"""What friends call who follow a link."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.errors import NotFound, Unavailable
from referrals_domain.model.landing import Landing
from referrals_domain.model.link_url import LINK_PATH, LinkUrl
from referrals_domain.model.visit import Visit
from referrals_webhook.visitor import is_friend

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    Header = tuple[bytes, bytes]

ROUTE: Final = f"{LINK_PATH}/{{merchant_id}}/{{code:path}}"
"""Whatever stands behind the merchant leads to their storefront, though it be no code."""

METHODS: Final = ("GET", "HEAD")

_EVERY: Final[tuple[Header, ...]] = (
    (b"cache-control", b"no-store"),  # it may lead elsewhere tomorrow, and each visit counts
    # The storefront learns from which site a friend comes, and never from which page.
    (b"referrer-policy", b"strict-origin"),
    (b"x-content-type-options", b"nosniff"),
)

_logger: Final = logging.getLogger(__name__)


@attrs.frozen
class _Answer:
    """
    An answer for a person's browser.

    Args:
        status: The HTTP status.
        headers: More headers.
        text: What the person reads whose browser does not go on.
    """

    status: int
    headers: tuple[Header, ...] = ()
    text: str = ""

    async def send(self, send: Send) -> None:
        body = self.text.encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            *_EVERY,
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


_NOWHERE: Final = _Answer(404, text="This link leads nowhere.\n")
_AWAY: Final = _Answer(
    503,
    ((b"retry-after", b"5"),),
    "This link cannot be followed at the moment. Please try again in a few seconds.\n",
)


@attrs.frozen(kw_only=True)
class FollowedLinks:
    """
    The endpoint of links: 302 to the storefront of the merchant that the URL names.

    Args:
        follow: Tells where a link leads.
        count: Counts a visit, once it is answered.
        followed: Told the word of each answer.
    """

    follow: Callable[[LinkUrl], Awaitable[Landing]]
    count: Callable[[Visit], None]
    followed: Callable[[str], None]

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Take one call, as an ASGI application."""
        try:
            landing = await self.follow(_read(scope))
        except NotFound:
            await _NOWHERE.send(send)
            self.followed("no_merchant")
        except Exception as error:  # noqa: BLE001 - whatever it is, a friend can only try again
            await _AWAY.send(send)
            self.followed("unavailable")
            if not isinstance(error, Unavailable):
                about = {"reason": type(error).__name__}  # its text may quote the code
                _logger.error("a link was not followed", extra=about)  # noqa: TRY400 - as above
        else:
            await _Answer(302, ((b"location", landing.url.encode()),)).send(send)
            self.followed(self._count(landing, scope))

    def _count(self, landing: Landing, scope: Scope) -> str:
        """Count the visit if it is one; return what became of the call."""
        if landing.visit is None:
            return "no_link"
        if not is_friend(scope["method"], scope["headers"]):
            return "robot"
        self.count(landing.visit)
        return "visit"


def _read(scope: Scope) -> LinkUrl:
    """
    Read the URL.

    Raises:
        NotFound: No merchant is called so.
    """
    named, query = scope["path_params"], scope["query_string"].decode("latin-1")
    try:
        return LinkUrl.read(named["merchant_id"], named["code"], query)
    except ValueError:
        raise NotFound("there is no such merchant") from None
