"""
Chromium, driven by Playwright, which is given one and brings none.

`python -m tests.browser` tells which one the tests use, fails where there is none, and has the
merchant page looked at in it: tests that take a minute or two, and so are no part of `pytest`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import pytest
from playwright.async_api import async_playwright

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

VARIABLE: Final = "CHROMIUM"
"""Names the browser, if it is not on the path."""

_NAMES: Final = ("chromium-headless-shell", "chromium", "google-chrome")
_QUIET: Final = (  # it asks nobody but our own servers
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
_LOOKED_AT: Final = ("tests/merchant_page/grpc_web.py", "tests/merchant_page/journeys.py")
_PATIENCE: Final = 5_000.0  # ms, for whatever a test waits for


class NoBrowser(Exception):
    """There is no Chromium; the text says how to come by one."""


def executable() -> str:
    """
    Return the browser.

    Raises:
        NoBrowser: There is none.
    """
    found = filter(None, map(shutil.which, (os.environ.get(VARIABLE, ""), *_NAMES)))
    try:
        return next(found)
    except StopIteration:
        raise NoBrowser(
            f"no browser: install Debian's `chromium-headless-shell`, or let {VARIABLE} name one"
        ) from None


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """
    Run the browser within the block.

    Raises:
        NoBrowser: There is none.
    """
    path = executable()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_QUIET)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def opened(browser: Browser) -> AsyncIterator[Page]:
    """Open a page in a profile of its own; it takes the certificates of tests for good."""
    async with await browser.new_context(ignore_https_errors=True) as context:
        context.set_default_timeout(_PATIENCE)
        yield await context.new_page()


async def _tell() -> None:
    async with launched() as browser:
        print(f"{executable()}: Chromium {browser.version}")


if __name__ == "__main__":
    asyncio.run(_tell())
    sys.exit(pytest.main(["-n0", "--durations=5", *_LOOKED_AT]))
