"""Take in what a person or a shop asks of those who keep their data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import NotFound
from referrals_domain.model.delivery import Receipt
from referrals_domain.ports.ids import Ids
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import MerchantId
    from referrals_domain.model.privacy import PrivacyCall, PrivacyNotice
    from referrals_domain.model.program import ReferralProgram


@attrs.frozen(kw_only=True)
class TakePrivacyCall:
    """
    Store what is asked for; a worker carries it out.

    What mentions the person among the bodies that nobody could read is deleted at once, because
    email addresses and telephone numbers are not kept until a worker comes.
    """

    begin: Callable[[], Transaction]
    ids: Ids

    async def of_shop(self, notice: PrivacyNotice) -> Receipt:
        """
        Store what a webhook asks for, unless the shop is none of ours.

        Raises:
            Unavailable: The database is away, or the outcome of the commit is unknown.
        """
        async with self.begin() as tx:
            programs = await tx.programs.by_shops([notice.shop_domain])
            program = programs.get(notice.shop_domain)
            if program is None:
                return Receipt.NO_PROGRAM
            if notice.named_host not in program.hosts:
                return Receipt.SHOP_MISMATCH
            return await self._store(tx, program, notice.call)

    async def of_merchant(self, merchant_id: MerchantId, call: PrivacyCall) -> Receipt:
        """
        Store what a person asks for in a merchant's name.

        Raises:
            NotFound: The merchant has no program.
            Unavailable: As above.
        """
        async with self.begin() as tx:
            program = (await tx.programs.get([merchant_id])).get(merchant_id)
            receipt = await self._store(tx, program, call) if program else Receipt.NO_PROGRAM
        if receipt is Receipt.NO_PROGRAM:
            raise NotFound("the merchant has no program")
        return receipt

    async def _store(
        self, tx: Transaction, program: ReferralProgram, call: PrivacyCall
    ) -> Receipt:
        merchant_id = program.merchant_id
        keys = await tx.merchant_keys.hold([merchant_id])
        if merchant_id not in keys:
            return Receipt.NO_PROGRAM
        key = keys[merchant_id]
        if key is None:
            key = await tx.merchant_keys.add(merchant_id, self.ids.merchant_key())
        forgotten = 0
        if call.redacts_a_customer:
            forgotten = await tx.quarantine.forget(program.shop_domain, call.mentions)
        touched = {"quarantine": forgotten} if forgotten else {}
        is_new = await tx.privacy_requests.add(
            merchant_id, call, key=call.key(key), touched=touched
        )
        await tx.commit()
        return Receipt.STORED if is_new else Receipt.REPEATED
