"""Who looks at the merchant page, in a browser that writes down what the page does."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Locator, Request

    Scheme = Literal["light", "dark"]

PICTURES: Final = Path(__file__).parents[2] / ".screenshots"
"""Where the screenshots of a run are kept."""

STATUS_PATH: Final = "/referrals.v1/GetReferralStatus"
DESKTOP: Final = (1100, 900)
PHONE: Final = (360, 740)

_PATIENCE: Final = 20_000.0  # ms; a page on which nothing happened asks seldom
_SHIFTS: Final = """
    window.shifted = [];
    new PerformanceObserver((list) => {
        for (const shift of list.getEntries())
            if (!shift.hadRecentInput)
                window.shifted.push([shift.value, ...shift.sources.map(({ node }) =>
                    node?.outerHTML?.slice(0, 120) ?? node?.nodeName ?? "gone")]);
    }).observe({ type: "layout-shift", buffered: true });
"""
_CHANGES: Final = """() => {
    window.changed = [];
    new MutationObserver((records) => window.changed.push(...records.map(({ target }) =>
        target.outerHTML ?? target.textContent)))
        .observe(document.body, { subtree: true, childList: true, attributes: true,
                                  characterData: true });
}"""
_OF_THE_BROWSER: Final = "Failed to load resource"
"""What Chromium itself writes to the console about an answer."""


@attrs.define
class Reader:
    """
    Who looks at the page.

    Args:
        page: Their browser.
        asked: What the page asked, as paths.
        complaints: What the browser complained of: errors of scripts, and broken policies.
    """

    page: Page
    asked: list[str] = attrs.field(factory=list)
    complaints: list[str] = attrs.field(factory=list)

    @property
    def bar(self) -> Locator:
        return self.page.locator("#bar")

    @property
    def detail(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def message(self) -> Locator:
        return self.page.locator("#message")

    def row(self, referral_id: str, *, table: str = "latest") -> Locator:
        return self.page.locator(f"#{table} tr[data-id='{referral_id}']")

    async def open(self, address: str) -> None:
        """Open the page, and wait for its content."""
        await self.page.goto(address)
        await expect(self.page.locator("#content")).to_be_visible()

    async def show(self, text: str) -> None:
        """Wait until the bar says so, and have it show that."""
        await expect(self.bar).to_contain_text(text)
        await self.bar.get_by_role("button").click()

    async def looked(self, times: int) -> None:
        """Wait until the page asked for a status that many times more."""
        wanted = self.asked.count(STATUS_PATH) + times
        while self.asked.count(STATUS_PATH) < wanted:
            await self.page.wait_for_timeout(50)

    async def shifted(self) -> list[Any]:
        """Return every shift of the layout so far that nobody's input called for."""
        shifts: list[Any] = await self.page.evaluate("window.shifted")
        return shifts

    async def watch(self) -> None:
        """Have everything that changes written down from now on."""
        await self.page.evaluate(_CHANGES)

    async def changed(self) -> list[str]:
        """Return what changed since."""
        changes: list[str] = await self.page.evaluate("window.changed")
        return changes

    async def violations(self) -> str:
        """Return what axe-core finds against the page as it is."""
        found = await Axe().run(self.page)
        return found.generate_report() if found.violations_count else ""

    async def picture(self, name: str, *, whole: bool = False) -> None:
        """Keep a screenshot."""
        await self.page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)


@asynccontextmanager
async def reading(
    browser: Browser,
    *,
    size: tuple[int, int] = DESKTOP,
    scheme: Scheme = "light",
    locale: str = "en-GB",
    **more: Any,
) -> AsyncIterator[Reader]:
    """Have somebody look within the block; in the end nothing was complained of."""
    width, height = size
    async with await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        locale=locale,
        **more,
    ) as context:
        context.set_default_timeout(_PATIENCE)
        await context.add_init_script(_SHIFTS)
        reader = Reader(await context.new_page())

        def hear_request(request: Request) -> None:
            assert "#" not in request.url
            reader.asked.append("/" + request.url.split("/", 3)[3])

        context.on("request", hear_request)
        context.on(
            "console",
            lambda said: (
                reader.complaints.append(said.text)
                if said.type == "error" and not said.text.startswith(_OF_THE_BROWSER)
                else None
            ),
        )
        context.on("weberror", lambda error: reader.complaints.append(str(error.error)))
        yield reader
        shifted = await reader.shifted()
        assert (reader.complaints, shifted) == ([], []), (reader.complaints, shifted)


expect.set_options(timeout=_PATIENCE)
