"""Fresh identifiers."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from referrals_domain.model.code import ReferralCode
    from referrals_domain.model.identifiers import LinkId, ReferralId
    from referrals_domain.model.merchant_key import MerchantKey


class Ids(Protocol):
    """Identifiers that nobody had before, and codes and keys that nobody can guess."""

    @abstractmethod
    def link(self) -> LinkId:
        """Return an id for a link."""

    @abstractmethod
    def referral(self) -> ReferralId:
        """Return an id for a referral that a share opens; never a UUID of version 5."""

    @abstractmethod
    def code(self) -> ReferralCode:
        """Return a code; within a merchant it is unique with overwhelming probability."""

    @abstractmethod
    def merchant_key(self) -> MerchantKey:
        """Return a key that nobody can guess."""
