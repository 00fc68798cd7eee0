"""Give an advocate their link."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.errors import CodeTaken, NotFound
from referrals_domain.model.identifiers import CustomerKey
from referrals_domain.model.link import ReferralLink
from referrals_domain.model.request import Request, fingerprint
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.ids import Ids
from referrals_domain.ports.transaction import Transaction
from referrals_domain.use_cases.redacted import redacted

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import CustomerId, MerchantId, RequestId

_CODES_TO_TRY: Final = 5  # at a million links of one merchant, one code in 35 million is taken


@attrs.frozen(kw_only=True)
class CreateReferralLink:
    """
    Give an advocate their link; who asks again gets the same one.

    >>> import asyncio
    >>> from referrals_domain.testing import builders
    >>> from referrals_domain.testing.memory.store import InMemoryStore
    >>> from referrals_domain.testing.time_and_chance import FixedClock, SeededIds
    >>> async def ask_twice():
    ...     store = InMemoryStore()
    ...     async with store.begin() as tx:
    ...         await tx.programs.save(builders.program())
    ...         await tx.commit()
    ...     create = CreateReferralLink(begin=store.begin, clock=FixedClock(), ids=SeededIds())
    ...     asked = {"merchant_id": builders.MERCHANT, "customer_id": builders.ADVOCATE}
    ...     return await create(**asked) == await create(**asked)
    >>> asyncio.run(ask_twice())
    True
    """

    begin: Callable[[], Transaction]
    clock: Clock
    ids: Ids

    async def __call__(
        self,
        *,
        merchant_id: MerchantId,
        customer_id: CustomerId,
        request_id: RequestId | None = None,
    ) -> ReferralLink:
        """
        Return the advocate's link, which is created if they have none.

        That of a customer who was redacted names their tombstone, and is revoked.

        Raises:
            NotFound: The merchant has no program.
            RequestReused: An earlier call with the request id asked for something else.
            CodeTaken: Five fresh codes in a row were taken.
        """
        for _ in range(_CODES_TO_TRY - 1):
            with suppress(CodeTaken):
                return await self._create(merchant_id, customer_id, request_id)
        return await self._create(merchant_id, customer_id, request_id)

    async def _create(
        self, merchant_id: MerchantId, customer_id: CustomerId, request_id: RequestId | None
    ) -> ReferralLink:
        now = self.clock.now()
        async with self.begin() as tx:
            keys = await tx.merchant_keys.hold([merchant_id])
            if merchant_id not in keys:
                raise NotFound("the merchant has no program")
            advocate = CustomerKey(merchant_id, customer_id)
            customer_id = (await redacted(tx, keys, [advocate])).name(advocate)
            link = await tx.links.add(
                ReferralLink(
                    id=self.ids.link(),
                    merchant_id=merchant_id,
                    customer_id=customer_id,
                    code=self.ids.code(),
                    created_at=now,
                    revoked_at=now if customer_id.is_tombstone else None,
                )
            )
            if request_id:
                request = Request(
                    merchant_id=merchant_id,
                    id=request_id,
                    fingerprint=fingerprint("create_referral_link", customer_id),
                    resource_id=link.id,
                    created_at=now,
                )
                request.require_same((await tx.requests.add([request]))[request.key])
            await tx.commit()
        return link
