"""The machine's randomness."""

from __future__ import annotations

import secrets
from uuid import uuid4

from referrals_domain.model.code import CODE_BITS, ReferralCode
from referrals_domain.model.identifiers import LinkId, ReferralId
from referrals_domain.model.merchant_key import MerchantKey
from referrals_domain.ports.ids import Ids


class RandomIds(Ids):
    """Version 4 UUIDs, and codes from the operating system's secure source."""

    def link(self) -> LinkId:
        """Return a random id."""
        return LinkId(str(uuid4()))

    def referral(self) -> ReferralId:
        """Return a random id."""
        return ReferralId(str(uuid4()))

    def code(self) -> ReferralCode:
        """Return a code that nobody can guess from others."""
        return ReferralCode.of_number(secrets.randbits(CODE_BITS))

    def merchant_key(self) -> MerchantKey:
        """Return a key from the operating system's secure source."""
        return MerchantKey(secrets.token_bytes(32))
