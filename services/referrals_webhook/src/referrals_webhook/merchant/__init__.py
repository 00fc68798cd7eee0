"""
The page on which merchants see what their referrals do; `docs/merchant-page.md` tells its use.

Its files are ES modules that browsers run as they stand.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

from referrals_webhook.static_file import StaticFile

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH: Final = "/merchant/"
"""Where it is served, and below it what it loads."""

HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""The page has a token in its hands: nothing of others runs in it, and it tells nobody else."""

_SERVED: Final = (".html", ".css", ".js", ".svg")
_ALWAYS_ASKED_FOR: Final = "no-cache"  # its modules must be of one version


def page() -> Mapping[str, StaticFile]:
    """Return the page and what it loads, by path."""
    served = {
        f"{PATH}{file.name}": StaticFile.of(file, cache_control=_ALWAYS_ASKED_FOR, headers=HEADERS)
        for file in files(__name__).iterdir()
        if file.name.endswith(_SERVED)
    }
    return {PATH: served.pop(f"{PATH}index.html"), **served}
