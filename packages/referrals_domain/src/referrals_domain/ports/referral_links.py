"""The referral links of every merchant."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.code import CodeKey
    from referrals_domain.model.identifiers import LinkKey
    from referrals_domain.model.link import ReferralLink


class ReferralLinks(Protocol):
    """The referral links of every merchant; what does not exist is left out of answers."""

    @abstractmethod
    async def by_codes(self, codes: Collection[CodeKey]) -> Mapping[CodeKey, ReferralLink]:
        """Return the links that have these codes."""

    @abstractmethod
    async def get(self, keys: Collection[LinkKey]) -> Mapping[LinkKey, ReferralLink]:
        """Return the links."""

    @abstractmethod
    async def lock(self, keys: Collection[LinkKey]) -> Mapping[LinkKey, ReferralLink]:
        """Return the links; nobody else locks or changes them before the transaction ends."""

    @abstractmethod
    async def add(self, link: ReferralLink) -> ReferralLink:
        """
        Add a link, and return it; or return the one that its advocate has already.

        Raises:
            CodeTaken: Another link of the merchant has the code.
        """

    @abstractmethod
    async def save(self, link: ReferralLink) -> None:
        """Save a link that this transaction locked."""
