"""The variables that several commands read, as their help tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DATABASE: Final[Mapping[str, str]] = {
    "REFERRALS_DB_HOST": "PostgreSQL; also _PORT (5434), _NAME (referrals_db), _USER and "
    "_PASSWORD, which with _FILE behind it names a file instead",
    "REFERRALS_DB_TLS_CA_FILE": "of whom it needs a certificate (none); we show ours by "
    "REFERRALS_DB_TLS_CERTIFICATE_FILE and _KEY_FILE",
}
LOGS: Final[Mapping[str, str]] = {
    "REFERRALS_LOG_FORMAT": "console (the default) or json, a line an event"
}
ADMIN: Final[Mapping[str, str]] = {
    "SHOPIFY_ADMIN_ACCESS_FILE": "a file of what shops let us ask, as JSON: "
    '{"acme.myshopify.com": {"token": "shpat_...", "plan": "plus"}}; the plans are standard, '
    "advanced, plus and enterprise",
    "SHOPIFY_ADMIN_URL": "where the Admin API is, with {shop} in place of a shop's domain "
    "(https://{shop})",
    "REFERRALS_PUBLIC_URL": "where Shopify reaches the gateway",
}
