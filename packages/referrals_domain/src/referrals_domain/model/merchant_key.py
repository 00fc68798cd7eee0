"""The key of a merchant, which makes tombstones of its customers' ids."""

from __future__ import annotations

import hmac
from typing import Final

import attrs

from referrals_domain.model.identifiers import CustomerId

_BYTES: Final = 32


@attrs.frozen
class MerchantKey:
    """
    A secret of one merchant; without it nobody can tell whose tombstone it is.

    Args:
        secret: 32 random bytes.

    Raises:
        ValueError: They are not 32.
    """

    secret: bytes = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        if len(self.secret) != _BYTES:
            raise ValueError(f"a merchant's key has {_BYTES} bytes")

    def tombstone(self, customer_id: CustomerId) -> CustomerId:
        """
        Return what stands for a customer once they were redacted; of a tombstone, itself.

        The same customer always gets the same one, so that they still count as one.

        >>> MerchantKey(bytes(32)).tombstone(CustomerId("7001"))
        'redacted-3313b4213212e0567ed1cd985aefa029'
        """
        if customer_id.is_tombstone:
            return customer_id
        return CustomerId(f"redacted-{self.digest('customer', customer_id)}")

    def digest(self, *parts: str) -> str:
        """Return 32 hexadecimal digits, equal for equal parts, that tell nothing of them."""
        return hmac.digest(self.secret, "\0".join(parts).encode(), "sha256").hex()[:32]
