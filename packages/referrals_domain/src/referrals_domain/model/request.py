"""Calls that create something, remembered so that repeating them creates nothing more."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

import attrs

from referrals_domain.model.identifiers import MerchantId, RequestId


@attrs.frozen(kw_only=True)
class Request:
    """
    A call that its caller may repeat. See https://google.aip.dev/155.

    Args:
        merchant_id: The merchant; each has request ids of their own.
        id: What the caller named the call.
        fingerprint: What it asked for, digested; equal for two calls that ask for the same.
        resource_id: The UUID of what it created.
        created_at: When.
    """

    merchant_id: MerchantId
    id: RequestId
    fingerprint: bytes
    resource_id: str
    created_at: datetime


def fingerprint(call: str, *parameters: str) -> bytes:
    """
    Return the digest of what a call asks for.

    >>> fingerprint("share", "1", "sms") == fingerprint("share", "1", "email")
    False
    """
    return sha256("\0".join((call, *parameters)).encode()).digest()
