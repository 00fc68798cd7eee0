"""Where deliveries are stored at once, if nothing has changed that they rest on."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from referrals_domain.model.delivery import AcceptedDelivery
    from referrals_domain.model.program import ReferralProgram


class Intake(Protocol):
    """Where deliveries are stored at once, if nothing has changed that they rest on."""

    @abstractmethod
    async def add(
        self, deliveries: Sequence[AcceptedDelivery], *, programs: Collection[ReferralProgram]
    ) -> Sequence[bool] | None:
        """
        Store deliveries as `Deliveries.add` does, in a transaction that holds their merchants.

        Args:
            deliveries: The deliveries.
            programs: The programs of their merchants, as somebody saw them.

        Returns:
            For each, in order, whether it was new. None, and nothing is stored, if one of the
            programs is not like that any more, or its merchant has a key: then a customer may
            have been redacted.

        Raises:
            Unavailable: The database is away, or the outcome of the commit is unknown.
        """
