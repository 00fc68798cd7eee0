"""What leads the friends who follow links."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from referrals_domain.model.code import CodeKey
    from referrals_domain.model.identifiers import MerchantId
    from referrals_domain.model.link import ReferralLink
    from referrals_domain.model.program import ReferralProgram


class Landings(Protocol):
    """
    What leads the friends who follow links: told soon, or not at all, because they are waiting.

    It may be what was so a short while ago; longer ago only while nobody can tell better.
    """

    @abstractmethod
    async def program(self, merchant_id: MerchantId) -> ReferralProgram | None:
        """
        Return the merchant's program; None: they have none.

        Raises:
            Unavailable: Nobody can tell.
        """

    @abstractmethod
    async def link(self, key: CodeKey) -> ReferralLink | None:
        """
        Return the link that has the code; None: there is none.

        Raises:
            Unavailable: Nobody can tell soon enough.
        """
