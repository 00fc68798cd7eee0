"""
Whether a webhook is Shopify's: HMAC-SHA256 over the raw body, in base64.

https://shopify.dev/docs/apps/build/webhooks/verify-deliveries (checked November 2026);
after a rotation it can take an hour until the new secret signs.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HEADER: Final = b"x-shopify-hmac-sha256"
"""The header's name, in lower case."""

_LENGTH: Final = 44  # 32 bytes in base64


def sign(body: bytes, secret: str) -> bytes:
    """Return what Shopify puts into the header for a body."""
    return b64encode(hmac.digest(secret.encode(), body, "sha256"))


def is_signed(body: bytes, values: Sequence[bytes], secrets: Iterable[str]) -> bool:
    """
    Tell whether a body was signed with one of the secrets; hostile headers never raise.

    The encoded bytes are compared: comparing decoded ones would accept padding with junk.

    Args:
        body: The raw body, as it came.
        values: The raw value of every signature header of the call; only one may be there.
        secrets: The secrets that count.
    """
    if len(values) != 1 or len(values[0]) != _LENGTH:
        return False
    return any(hmac.compare_digest(sign(body, secret), values[0]) for secret in secrets)
