"""A friend with a browser, who comes to a shop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from referrals_domain.model.code import ReferralCode
from tests.waiting import until

if TYPE_CHECKING:
    from playwright.async_api import ConsoleMessage, Page, Request

    from referrals_sandbox.neighbours.shopify_cart import Visit
    from referrals_sandbox.neighbours.shopify_storefront import Storefront

LINK: Final = {
    "ref": f"FRIEND-{ReferralCode.of_number(7)}",
    "share": "0b5e9c1e-7a52-4f0b-8a58-7a1f4b1f2e6d",
    "channel": "sms",
}
OTHER_LINK: Final = {"ref": ReferralCode.of_number(8), "channel": "qr"}
"""A link that nobody shared by itself: its touch has no share."""

KEPT: Final = "localStorage.getItem('referrals.touch')"

_PATIENCE: Final = 5.0  # seconds

_OF_THE_BROWSER: Final = ("Failed to load resource", "Access to fetch")
"""What Chromium itself writes to the console about an answer; no script can keep it from that."""


class Friend:
    """
    What a friend does in a shop, and what their browser asks and complains of.

    Args:
        page: Their browser.
        storefront: The shop.
    """

    def __init__(self, page: Page, storefront: Storefront) -> None:
        self.page, self.storefront = page, storefront
        self.asked: list[str] = []  # of the cart
        self.hosts: set[str] = set()
        self.complaints: list[str] = []
        self._open: set[Request] = set()
        page.context.on("request", self._hear_request)
        page.context.on("requestfinished", self._hear_end)
        page.context.on("requestfailed", self._hear_end)
        page.context.on("console", self._hear_console)
        page.context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    async def land(self, link: dict[str, str], *, at: str = "/") -> None:
        """Come by a link."""
        await self.open(f"{at}?{urlencode(link)}")

    async def open(self, path: str = "/") -> None:
        """Open a page of the shop."""
        await self.page.goto(f"{self.storefront.url}{path}")

    async def add_to_cart(self) -> None:
        """Put something into the cart, as the theme does it: without loading a page."""
        await self.page.click("#add")
        await self.page.wait_for_selector("text=in the cart")

    async def pay(self) -> bytes:
        """Order, and return the body of the webhook."""
        await self.page.click("text=Pay")
        await self.page.wait_for_url("**/thank_you")
        return self.storefront.orders[-1]

    async def has_in_cart(self, attributes: dict[str, Any]) -> None:
        """Wait until the cart has just these attributes, and the browser knows."""

        async def there() -> bool:
            return self.visit.cart.attributes == attributes

        try:
            await until(there, within=_PATIENCE)
        except TimeoutError:
            assert self.visit.cart.attributes == attributes  # tells what is there instead
        await self.settled()

    async def settled(self) -> None:
        """Wait until what was asked is answered, and the script has had time to ask for more."""
        more = -1
        while more != len(self.asked):
            more = len(self.asked)
            await until(self._nothing_open, within=_PATIENCE)
            await self.page.evaluate("fetch('/settled').then((response) => response.text())")

    @property
    def visit(self) -> Visit:
        """What the shop knows of them."""
        (visit,) = self.storefront.visits.values()
        return visit

    @property
    def writes(self) -> int:
        """How often the cart was written."""
        return self.asked.count("POST /cart/update.js")

    async def _nothing_open(self) -> bool:
        return not self._open

    def _hear_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        self.hosts.add(url.netloc)
        self._open.add(request)
        if "/cart" in url.path:
            self.asked.append(f"{request.method} {url.path}")

    def _hear_end(self, request: Request) -> None:
        self._open.discard(request)

    def _hear_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_OF_THE_BROWSER):
            self.complaints.append(message.text)
