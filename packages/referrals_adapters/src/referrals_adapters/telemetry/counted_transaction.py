"""A transaction that counts what it committed."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Final, Self

import attrs

from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.model.delivery import Outcome
from referrals_domain.ports.deliveries import Deliveries
from referrals_domain.ports.referrals import Referrals
from referrals_domain.ports.retention import Retention
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from referrals_domain.model.decision import Transition
    from referrals_domain.model.delivery import AcceptedDelivery, ClaimedDelivery
    from referrals_domain.model.identifiers import OrderKey, ReferralKey
    from referrals_domain.model.order import OrderFacts
    from referrals_domain.model.referral import Referral
    from referrals_domain.model.retention import Kept
    from referrals_domain.ports.addresses import Addresses
    from referrals_domain.ports.conversions import Conversions
    from referrals_domain.ports.customer_records import CustomerRecords
    from referrals_domain.ports.due_referrals import DueReferrals
    from referrals_domain.ports.funnel_numbers import FunnelNumbers
    from referrals_domain.ports.held_deliveries import HeldDeliveries
    from referrals_domain.ports.merchant_keys import MerchantKeys
    from referrals_domain.ports.merchant_records import MerchantRecords
    from referrals_domain.ports.outbox import Outbox
    from referrals_domain.ports.privacy_requests import PrivacyRequests
    from referrals_domain.ports.privacy_work import PrivacyWork
    from referrals_domain.ports.programs import Programs
    from referrals_domain.ports.quarantine import Quarantine
    from referrals_domain.ports.redactions import Redactions
    from referrals_domain.ports.referral_history import ReferralHistory
    from referrals_domain.ports.referral_links import ReferralLinks
    from referrals_domain.ports.referral_listing import ReferralListing
    from referrals_domain.ports.referred_orders import ReferredOrders
    from referrals_domain.ports.requests import Requests
    from referrals_domain.ports.stale_statuses import StaleStatuses
    from referrals_domain.ports.unpublished_events import UnpublishedEvents
    from referrals_domain.ports.visits import Visits
    from referrals_domain.ports.watermarks import Watermarks

_logger: Final = logging.getLogger(__name__)


@attrs.frozen
class CountedTransaction(Transaction):
    """
    A transaction whose decisions, outcomes and deletions are counted once they are committed.

    Args:
        transaction: What does the work.
        metrics: Where it is counted.
    """

    transaction: Transaction
    metrics: Metrics
    _decisions: Counter[tuple[str, str]] = attrs.field(factory=Counter, init=False)
    _outcomes: Counter[str] = attrs.field(factory=Counter, init=False)
    _forgotten: Counter[str] = attrs.field(factory=Counter, init=False)

    async def __aenter__(self) -> Self:
        """Begin."""
        await self.transaction.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Roll back whatever was not committed."""
        await self.transaction.__aexit__(kind, error, trace)

    async def commit(self) -> None:
        """Commit, count, and call for a person where one is needed."""
        await self.transaction.commit()
        for labels, number in self._decisions.items():
            self.metrics.decisions.labels(*labels).inc(number)
        for outcome, number in self._outcomes.items():
            self.metrics.outcomes.labels(outcome).inc(number)
        for table, number in self._forgotten.items():
            self.metrics.forgotten.labels(table).inc(number)
        if held := self._outcomes[Outcome.HELD]:
            _logger.error("deliveries are held until a person looks", extra={"count": held})
        if foreign := self._outcomes[Outcome.FOREIGN_ORDER]:
            _logger.error("orders are claimed by a second merchant", extra={"count": foreign})

    @property
    def referrals(self) -> Referrals:
        """The referrals; what is saved is counted."""
        return _CountedReferrals(self.transaction.referrals, self._decisions)

    @property
    def deliveries(self) -> Deliveries:
        """The deliveries; what is finished is counted."""
        return _CountedDeliveries(self.transaction.deliveries, self._outcomes)

    @property
    def retention(self) -> Retention:
        """What was kept for long enough; what is forgotten is counted."""
        return _CountedRetention(self.transaction.retention, self._forgotten)

    @property
    def links(self) -> ReferralLinks:
        """The referral links."""
        return self.transaction.links

    @property
    def history(self) -> ReferralHistory:
        """The history of the referrals, by time."""
        return self.transaction.history

    @property
    def listing(self) -> ReferralListing:
        """The referrals, a page at a time."""
        return self.transaction.listing

    @property
    def due(self) -> DueReferrals:
        """The referrals that time alone moves on."""
        return self.transaction.due

    @property
    def conversions(self) -> Conversions:
        """The conversions."""
        return self.transaction.conversions

    @property
    def addresses(self) -> Addresses:
        """The addresses that orders came from."""
        return self.transaction.addresses

    @property
    def orders(self) -> ReferredOrders:
        """The orders."""
        return self.transaction.orders

    @property
    def programs(self) -> Programs:
        """The programs."""
        return self.transaction.programs

    @property
    def requests(self) -> Requests:
        """The calls that may be repeated."""
        return self.transaction.requests

    @property
    def held(self) -> HeldDeliveries:
        """The held deliveries."""
        return self.transaction.held

    @property
    def quarantine(self) -> Quarantine:
        """The unreadable bodies."""
        return self.transaction.quarantine

    @property
    def outbox(self) -> Outbox:
        """The outbox."""
        return self.transaction.outbox

    @property
    def unpublished(self) -> UnpublishedEvents:
        """The events in the outbox, as a person sees them."""
        return self.transaction.unpublished

    @property
    def stale_statuses(self) -> StaleStatuses:
        """The stale statuses."""
        return self.transaction.stale_statuses

    @property
    def visits(self) -> Visits:
        """The visits."""
        return self.transaction.visits

    @property
    def watermarks(self) -> Watermarks:
        """How far the sweep of each shop has come."""
        return self.transaction.watermarks

    @property
    def funnel(self) -> FunnelNumbers:
        """What the funnel is counted from."""
        return self.transaction.funnel

    @property
    def merchant_keys(self) -> MerchantKeys:
        """The merchants' keys."""
        return self.transaction.merchant_keys

    @property
    def redactions(self) -> Redactions:
        """The redactions."""
        return self.transaction.redactions

    @property
    def customer_records(self) -> CustomerRecords:
        """What is kept of a customer."""
        return self.transaction.customer_records

    @property
    def merchant_records(self) -> MerchantRecords:
        """What is kept of a merchant."""
        return self.transaction.merchant_records

    @property
    def privacy_requests(self) -> PrivacyRequests:
        """The privacy requests."""
        return self.transaction.privacy_requests

    @property
    def privacy_work(self) -> PrivacyWork:
        """The redactions that wait for a worker."""
        return self.transaction.privacy_work


@attrs.frozen
class _CountedReferrals(Referrals):
    referrals: Referrals
    decisions: Counter[tuple[str, str]]

    async def get(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, Referral]:
        return await self.referrals.get(keys)

    async def lock(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, Referral]:
        return await self.referrals.lock(keys)

    async def save(self, transitions: Sequence[Transition]) -> None:
        await self.referrals.save(transitions)
        self.decisions.update((one.referral.status, one.referral.cause) for one in transitions)


@attrs.frozen
class _CountedDeliveries(Deliveries):
    deliveries: Deliveries
    outcomes: Counter[str]

    async def add(self, deliveries: Sequence[AcceptedDelivery]) -> Sequence[bool]:
        return await self.deliveries.add(deliveries)

    async def facts_of(
        self, keys: Collection[OrderKey]
    ) -> Mapping[OrderKey, Sequence[OrderFacts]]:
        return await self.deliveries.facts_of(keys)

    async def claim(
        self, limit: int, *, at: datetime, until: datetime
    ) -> Sequence[ClaimedDelivery]:
        return await self.deliveries.claim(limit, at=at, until=until)

    async def finish(self, outcomes: Mapping[int, Outcome]) -> None:
        await self.deliveries.finish(outcomes)
        self.outcomes.update(outcomes.values())

    async def defer(self, until: Mapping[int, datetime]) -> None:
        await self.deliveries.defer(until)


@attrs.frozen
class _CountedRetention(Retention):
    retention: Retention
    forgotten: Counter[str]

    async def forget(self, kept: Kept, limit: int, *, at: datetime) -> int:
        number = await self.retention.forget(kept, limit, at=at)
        self.forgotten[kept] += number
        return number

    async def forget_referrals(self, limit: int, *, at: datetime) -> Mapping[ReferralKey, int]:
        gone = await self.retention.forget_referrals(limit, at=at)
        self.forgotten["referrals"] += len(gone)
        return gone
