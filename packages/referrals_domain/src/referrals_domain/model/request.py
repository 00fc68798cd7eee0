"""Calls that create something, remembered so that repeating them creates nothing more."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

import attrs

from referrals_domain.errors import RequestReused
from referrals_domain.model.identifiers import MerchantId, RequestId, RequestKey


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

    @property
    def key(self) -> RequestKey:
        """The call within its merchant."""
        return RequestKey(self.merchant_id, self.id)

    def require_same(self, first: Request) -> None:
        """
        Do nothing if the first call that had this id asked for the same.

        Raises:
            RequestReused: It asked for something else.
        """
        if first.fingerprint != self.fingerprint:
            raise RequestReused("an earlier call with this request id asked for something else")


def fingerprint(call: str, *parameters: str) -> bytes:
    """
    Return the digest of what a call asks for.

    >>> fingerprint("share", "1", "sms") == fingerprint("share", "1", "email")
    False
    """
    return sha256("\0".join((call, *parameters)).encode()).digest()
