"""The laws of `Quarantine`."""

from __future__ import annotations

from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract


class QuarantineContract(StoredContract):
    """Any bytes are kept, and repeats do no harm."""

    async def test_any_bytes_are_kept_however_often_they_come(self, begin: Begin) -> None:
        every_byte = builders.unreadable_body(body=bytes(range(256)))
        for _ in range(2):
            async with begin() as tx:
                await tx.quarantine.add([builders.unreadable_body(), every_byte, every_byte])
                await tx.commit()
