"""Where Shopify's Admin API is, and what shops let us ask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import attrs

from referrals_adapters.shopify.access import AccessFile
from referrals_adapters.wire.variables import SettingsError

if TYPE_CHECKING:
    from referrals_adapters.wire.variables import Variables

ACCESS_FILE: Final = "SHOPIFY_ADMIN_ACCESS_FILE"
URL: Final = "SHOPIFY_ADMIN_URL"

VERSION: Final = "2026-10"
"""The version of the API; Shopify serves each for a year at least."""

SHOP: Final = "{shop}"
"""Stands in a URL for a shop's domain."""


@attrs.frozen(kw_only=True)
class AdminSettings:
    """
    Where Shopify's Admin API is, and what shops let us ask.

    Args:
        access: The file of tokens.
        url: Where the API of a shop is, with `{shop}` in place of its domain.
    """

    access: AccessFile
    url: str

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read `SHOPIFY_ADMIN_ACCESS_FILE`, and `SHOPIFY_ADMIN_URL`, by default `https://{shop}`.

        Raises:
            SettingsError: One is missing or cannot be read, or the file is none of tokens.
        """
        base = variables.text(URL, default=f"https://{SHOP}").rstrip("/")
        if not base.startswith(("https://", "http://")) or SHOP not in base:
            raise SettingsError(f"{URL} is a URL with {SHOP} in place of a shop's domain")
        access = AccessFile(Path(variables.text(ACCESS_FILE)))
        access.shops()
        return cls(access=access, url=f"{base}/admin/api/{VERSION}/graphql.json")
