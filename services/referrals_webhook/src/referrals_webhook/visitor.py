"""
Who follows a link: a friend, or something that fetches links to show, scan or index them.

A link in a message is fetched before anybody has seen it. A list of names alone does not tell:
the lists that are kept count what people read with, such as Instagram's browser, among the
robots, and take most of a millisecond. So what people use is told by the form of its name, and
most of what poses as that by the words in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_BROWSER: Final = "mozilla/5.0 ("
"""How the name of every browser begins that people use; RFC 9110 knows no better way."""

ROBOTS_SAY: Final = (
    *("bot", "crawl", "spider", "scrap", "scan", "preview", "favicon", "imageproxy", "monitor"),
    *("headless", "lighthouse", "pingdom", "playwright", "selenium", "synthetics"),
    *("compatible;", "://", "www.", "@"),  # who wants to be asked about it
)
"""What robots call themselves, in lower case; the names of browsers have none of them."""

_PEOPLES: Final = ("cubot",)
"""What people hold in their hands and is called so too."""

_AHEAD: Final = frozenset({b"sec-purpose", b"purpose", b"x-purpose", b"x-moz"})
"""Headers by which browsers say that nobody has followed the link yet: prefetch and preview."""

_LONGEST: Final = 512  # longer than any browser's name


def is_friend(method: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """
    Tell whether a person follows the link, as far as anybody can.

    Args:
        method: The method of the request.
        headers: Its headers, names in lower case.
    """
    if method != "GET":
        return False
    names = []
    for name, value in headers:
        if name in _AHEAD:
            return False
        if name == b"user-agent":
            names.append(value)
    return len(names) == 1 and _is_browser(names[0])


def _is_browser(name: bytes) -> bool:
    if len(name) > _LONGEST:
        return False
    text = name.decode("latin-1").lower()
    for device in _PEOPLES:
        text = text.replace(device, "")
    return text.startswith(_BROWSER) and not any(word in text for word in ROBOTS_SAY)
