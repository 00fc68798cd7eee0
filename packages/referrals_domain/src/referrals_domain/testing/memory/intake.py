"""Where deliveries are stored at once, in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.intake import Intake
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from referrals_domain.model.delivery import AcceptedDelivery
    from referrals_domain.model.program import ReferralProgram


@attrs.frozen
class InMemoryIntake(Intake):
    """Where deliveries are stored at once, on a store in memory."""

    begin: Callable[[], Transaction]

    async def add(
        self, deliveries: Sequence[AcceptedDelivery], *, programs: Collection[ReferralProgram]
    ) -> Sequence[bool] | None:
        """Store deliveries, if the programs are like that and their merchants have no key."""
        seen = {program.merchant_id: program for program in programs}
        async with self.begin() as tx:
            keys = await tx.merchant_keys.hold(seen)
            if any(keys.values()) or await tx.programs.get(seen) != seen:
                return None
            new = await tx.deliveries.add(deliveries)
            await tx.commit()
        return new
