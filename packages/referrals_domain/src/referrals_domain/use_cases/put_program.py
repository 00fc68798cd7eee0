"""Create a merchant's program, or change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from referrals_domain.model.program import ReferralProgram


@attrs.frozen(kw_only=True)
class PutProgram:
    """Create a merchant's program, or change it."""

    begin: Callable[[], Transaction]

    async def __call__(self, program: ReferralProgram) -> ReferralProgram:
        """
        Store the settings as the next version, and return it; the given version is ignored.

        Raises:
            ShopTaken: The shop belongs to another merchant's program.
            Stale: Somebody else put it at the same time.
        """
        async with self.begin() as tx:
            stored = (await tx.programs.get([program.merchant_id])).get(program.merchant_id)
            if stored and attrs.evolve(program, version=stored.version) == stored:
                return stored
            version = stored.version + 1 if stored else 1
            program = attrs.evolve(program, version=version)
            await tx.programs.save(program)
            await tx.commit()
        return program
