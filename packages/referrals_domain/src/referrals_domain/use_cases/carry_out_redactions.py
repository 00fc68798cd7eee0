"""Carry out what persons and shops asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import Unavailable
from referrals_domain.model.identifiers import CustomerKey
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.customer_records import Touched
from referrals_domain.ports.status_cache import StatusCache
from referrals_domain.ports.transaction import Transaction
from referrals_domain.use_cases.record import telling

if TYPE_CHECKING:
    from referrals_domain.model.merchant_key import MerchantKey
    from referrals_domain.model.privacy import PrivacyRequest


@attrs.frozen(kw_only=True)
class CarryOutRedactions:
    """
    Carry out the redactions that wait, each a step a transaction.

    A step that was not committed is done again, by whomever; one that was is not undone.

    Args:
        begin: Begins a transaction.
        cache: Where statuses are invalidated.
        clock: The time.
        rows: How many rows of each table of a shop are deleted at a time.
    """

    begin: Callable[[], Transaction]
    cache: StatusCache
    clock: Clock
    rows: int = 1000

    async def __call__(self, limit: int) -> int:
        """
        Carry out up to `limit` of them.

        Returns:
            How many steps were done.

        Raises:
            Unavailable: The database is away.
            ExceptionGroup: Some met unforeseen errors; they wait, the others are done.
        """
        async with self.begin() as tx:
            waiting = await tx.privacy_work.waiting(limit)
        steps, failures = 0, list[Exception]()
        for request in waiting:
            try:
                while await self._step(request):
                    steps += 1
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not hold up others
                failures.append(error)
        if failures:
            raise ExceptionGroup("some redactions could not be carried out", failures)
        return steps

    async def _step(self, asked: PrivacyRequest) -> bool:
        """Do a step of a redaction; False: there is none left."""
        async with telling(self.cache) as versions, self.begin() as tx:
            key = await tx.merchant_keys.seize(asked.merchant_id)
            request = await tx.privacy_work.lock(asked.id)
            if request is None:
                return False
            touched = (
                await self._redact(tx, request.id, request.customer, key)
                if request.customer
                else await self._erase(tx, request)
            )
            versions.update(touched.versions)
            if touched.versions:
                await tx.stale_statuses.add(touched.versions)
            await tx.commit()
        return True

    async def _redact(
        self, tx: Transaction, id_: int, customer: CustomerKey, key: MerchantKey | None
    ) -> Touched:
        """Put a tombstone in a customer's place, and remember it."""
        now = self.clock.now()
        if key is None:  # the shop is being redacted
            await tx.privacy_work.progress(id_, {}, done_at=now)
            return Touched({}, {})
        tombstone = key.tombstone(customer.customer_id)
        await tx.redactions.add(CustomerKey(customer.merchant_id, tombstone), at=now)
        touched = await tx.customer_records.redact(customer, tombstone, at=now)
        await tx.privacy_requests.answer(customer, at=now, touched={})
        await tx.privacy_work.progress(id_, touched.rows, done_at=now)
        return touched

    async def _erase(self, tx: Transaction, request: PrivacyRequest) -> Touched:
        """Delete some of a shop; once nothing is left, only the receipt stays."""
        touched = await tx.merchant_records.erase(request.merchant_id, limit=self.rows)
        rows, done_at = dict(touched.rows), None
        if not rows:
            done_at = self.clock.now()
            cleared = await tx.privacy_work.clear(request.id)
            rows = {"privacy_requests": cleared} if cleared else {}
        await tx.privacy_work.progress(request.id, rows, done_at=done_at)
        return touched
