"""The script that a shop's pages load; what it does stands in `docs/storefront.md`."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from referrals_webhook.static_file import StaticFile

PATH: Final = "/storefront/referrals.js"
"""Where it is served."""


def script() -> StaticFile:
    """Return the script; browsers keep it for an hour, then ask for it by its digest."""
    return StaticFile.of(files(__name__) / "referrals.js", cache_control="public, max-age=3600")
