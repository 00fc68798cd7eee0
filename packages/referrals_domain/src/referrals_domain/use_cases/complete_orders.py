"""Complete the referrals of the orders that were delivered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Final

import attrs

from referrals_domain.errors import Conflict, Stale, Unauthenticated, Unavailable
from referrals_domain.model.decision import Undecided
from referrals_domain.model.delivery import ClaimedDelivery, Outcome
from referrals_domain.model.evidence import Answers, Questions
from referrals_domain.model.identifiers import OrderKey
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.customer_validator import CustomerValidator
from referrals_domain.ports.merchant_validator import MerchantValidator, Verdict
from referrals_domain.ports.status_cache import StatusCache
from referrals_domain.ports.transaction import Transaction
from referrals_domain.use_cases.load_docket import load_docket
from referrals_domain.use_cases.postpone import postpone
from referrals_domain.use_cases.record import telling
from referrals_domain.use_cases.settle_orders import Batch, Inquiry, facts_of, settle_orders

LEASE: Final = timedelta(seconds=30)
"""How long a worker has for a batch before another may take it over."""


@attrs.frozen(kw_only=True)
class CompleteOrders:
    """
    Work off deliveries: attribute each order, gather evidence, decide, record the outcome.

    Args:
        begin: Begins a transaction.
        merchants: Auth.
        customers: Core.
        cache: Where statuses are invalidated once they changed.
        clock: The time.
        retry_after: How long a delivery waits after so many attempts.
    """

    begin: Callable[[], Transaction]
    merchants: MerchantValidator
    customers: CustomerValidator
    cache: StatusCache
    clock: Clock
    retry_after: Callable[[int], timedelta]

    async def __call__(self, limit: int) -> int:
        """
        Work off up to `limit` deliveries that are due.

        Returns:
            How many were claimed; what could not be decided yet waits for its next attempt, or
            after 72 hours for a person.

        Raises:
            Unavailable: The database is away.
            Unauthenticated: Auth or Core does not accept our own token; nothing was refused.
            ExceptionGroup: Some orders met unforeseen errors; they wait, the others are settled.
        """
        batch = await self._claim(limit)
        failures = await self._work_off(batch) if batch else []
        if failures:
            raise ExceptionGroup("some orders could not be settled", failures)
        return sum(map(len, batch.values()))

    async def _work_off(self, batch: Batch) -> list[Exception]:
        """Look, ask and settle; one by one, if an order already stands in the way of looking."""
        try:
            ours, questions = await self._look(batch)
            await self._finish_without_link({key: batch[key] for key in batch if key not in ours})
            answers = await self._ask(reduce(or_, questions.values(), Questions()))
        except (Unavailable, Unauthenticated):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not hold up others
            return await self._one_by_one(batch, self._work_off, after=error)
        inquiry = Inquiry(questions=questions, answers=answers)
        return await self._settle({key: batch[key] for key in ours}, inquiry)

    async def _claim(self, limit: int) -> Batch:
        now = self.clock.now()
        async with self.begin() as tx:
            claimed = await tx.deliveries.claim(limit, at=now, until=now + LEASE)
            await tx.commit()
        batch: dict[OrderKey, list[ClaimedDelivery]] = {}
        for delivery in claimed:
            key = OrderKey(delivery.merchant_id, delivery.facts.order_id)
            batch.setdefault(key, []).append(delivery)
        return batch

    async def _look(self, batch: Batch) -> tuple[list[OrderKey], Mapping[OrderKey, Questions]]:
        """
        Find, without locks, the orders to settle, and what must be asked.

        They are those that are owed to a link, and those of which only parts are known yet or
        that are undone, such as by a refund that came before its order: that must not be lost.
        """
        now = self.clock.now()
        async with self.begin() as tx:
            docket = await load_docket(tx, facts_of(batch), lock=False)
        ours = [
            key
            for key, order in docket.orders.items()
            if order.attribution or order.facts.snapshot is None or order.facts.undoes
        ]
        unsettled = {key: docket.settle(key, at=now) for key in ours}
        return ours, {
            key: undecided.questions
            for key, undecided in unsettled.items()
            if isinstance(undecided, Undecided) and (undecided.not_before or now) <= now
        }

    async def _ask(self, questions: Questions) -> Answers:
        """Ask, while no transaction is open; only explicit answers count."""
        merchants, customers = questions.merchants, questions.customers
        verdicts = await self.merchants.validate(merchants) if merchants else {}
        return Answers(
            merchants={
                merchant_id: verdict is Verdict.VALID
                for merchant_id, verdict in verdicts.items()
                if verdict is not Verdict.DENIED
            },
            customers=await self.customers.standings(customers) if customers else {},
        )

    async def _settle(self, batch: Batch, inquiry: Inquiry) -> list[Exception]:
        """Settle together; or, if an order stands in the way of the others, one by one."""
        try:
            await self._settle_together(batch, inquiry)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not hold up others
            return await self._one_by_one(
                batch, lambda single: self._settle(single, inquiry), after=error
            )
        return []

    async def _settle_together(self, batch: Batch, inquiry: Inquiry) -> None:
        if not batch:
            return
        async with telling(self.cache) as versions, self.begin() as tx:
            versions.update(
                await settle_orders(
                    tx, batch, inquiry, at=self.clock.now(), retry_after=self.retry_after
                )
            )
            await tx.commit()

    async def _finish_without_link(self, batch: Batch) -> None:
        if not batch:
            return
        async with self.begin() as tx:
            await tx.deliveries.finish(
                {one.id: Outcome.NO_LINK for deliveries in batch.values() for one in deliveries}
            )
            await tx.commit()

    async def _one_by_one(
        self,
        batch: Batch,
        work: Callable[[Batch], Awaitable[list[Exception]]],
        *,
        after: Exception,
    ) -> list[Exception]:
        """Work off each order alone; let the one that failed alone wait for its next attempt."""
        if len(batch) > 1:
            return [failure for key in batch for failure in await work({key: batch[key]})]
        await self._postpone(batch)
        return [] if isinstance(after, Conflict | Stale) else [after]

    async def _postpone(self, batch: Batch) -> None:
        now = self.clock.now()
        waiting = [
            (one, now + self.retry_after(one.attempts))
            for deliveries in batch.values()
            for one in deliveries
        ]
        async with self.begin() as tx:
            await postpone(tx, waiting, at=now)
            await tx.commit()
