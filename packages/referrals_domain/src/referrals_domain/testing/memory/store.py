"""A store in memory, and its transactions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from referrals_domain.ports.transaction import Transaction
from referrals_domain.testing.memory.addresses import InMemoryAddresses
from referrals_domain.testing.memory.conversions import InMemoryConversions
from referrals_domain.testing.memory.customer_records import InMemoryCustomerRecords
from referrals_domain.testing.memory.deliveries import InMemoryDeliveries
from referrals_domain.testing.memory.due_referrals import InMemoryDueReferrals
from referrals_domain.testing.memory.funnel_numbers import InMemoryFunnelNumbers
from referrals_domain.testing.memory.held_deliveries import InMemoryHeldDeliveries
from referrals_domain.testing.memory.history import InMemoryReferralHistory
from referrals_domain.testing.memory.links import InMemoryReferralLinks
from referrals_domain.testing.memory.listing import InMemoryReferralListing
from referrals_domain.testing.memory.merchant_keys import InMemoryMerchantKeys
from referrals_domain.testing.memory.merchant_records import InMemoryMerchantRecords
from referrals_domain.testing.memory.orders import InMemoryReferredOrders
from referrals_domain.testing.memory.outbox import InMemoryOutbox
from referrals_domain.testing.memory.privacy_requests import InMemoryPrivacyRequests
from referrals_domain.testing.memory.privacy_work import InMemoryPrivacyWork
from referrals_domain.testing.memory.programs import InMemoryPrograms
from referrals_domain.testing.memory.quarantine import InMemoryQuarantine
from referrals_domain.testing.memory.redactions import InMemoryRedactions
from referrals_domain.testing.memory.referrals import InMemoryReferrals
from referrals_domain.testing.memory.requests import InMemoryRequests
from referrals_domain.testing.memory.retention import InMemoryRetention
from referrals_domain.testing.memory.stale_statuses import InMemoryStaleStatuses
from referrals_domain.testing.memory.state import State
from referrals_domain.testing.memory.unpublished_events import InMemoryUnpublishedEvents
from referrals_domain.testing.memory.visits import InMemoryVisits
from referrals_domain.testing.memory.watermarks import InMemoryWatermarks

if TYPE_CHECKING:
    from types import TracebackType


class InMemoryStore:
    """A store in memory: `begin` its transactions, look at its committed `state`."""

    def __init__(self) -> None:
        self.state = State()
        self._one_at_a_time = asyncio.Lock()

    def begin(self) -> InMemoryTransaction:
        """Return a transaction to enter; it has the store for itself until it ends."""
        return InMemoryTransaction(self, self._one_at_a_time)


class InMemoryTransaction(Transaction):
    """One transaction: it works on a copy of the state, which a commit puts in its place."""

    def __init__(self, store: InMemoryStore, one_at_a_time: asyncio.Lock) -> None:
        self._store = store
        self._one_at_a_time = one_at_a_time
        self._state = State()

    async def __aenter__(self) -> Self:
        """Wait for the store, and begin."""
        await self._one_at_a_time.acquire()
        self._state = self._store.state.copy()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Drop whatever was not committed."""
        self._one_at_a_time.release()

    async def commit(self) -> None:
        """Put the copy in the state's place."""
        self._store.state = self._state

    @property
    def links(self) -> InMemoryReferralLinks:
        """The referral links."""
        return InMemoryReferralLinks(self._state)

    @property
    def referrals(self) -> InMemoryReferrals:
        """The referrals."""
        return InMemoryReferrals(self._state)

    @property
    def history(self) -> InMemoryReferralHistory:
        """The history of the referrals."""
        return InMemoryReferralHistory(self._state)

    @property
    def listing(self) -> InMemoryReferralListing:
        """The referrals, a page at a time."""
        return InMemoryReferralListing(self._state)

    @property
    def due(self) -> InMemoryDueReferrals:
        """The referrals that time alone moves on."""
        return InMemoryDueReferrals(self._state)

    @property
    def conversions(self) -> InMemoryConversions:
        """The conversions."""
        return InMemoryConversions(self._state)

    @property
    def addresses(self) -> InMemoryAddresses:
        """The addresses that orders came from."""
        return InMemoryAddresses(self._state)

    @property
    def orders(self) -> InMemoryReferredOrders:
        """The orders."""
        return InMemoryReferredOrders(self._state)

    @property
    def programs(self) -> InMemoryPrograms:
        """The programs."""
        return InMemoryPrograms(self._state)

    @property
    def requests(self) -> InMemoryRequests:
        """The calls that may be repeated."""
        return InMemoryRequests(self._state)

    @property
    def deliveries(self) -> InMemoryDeliveries:
        """The deliveries."""
        return InMemoryDeliveries(self._state)

    @property
    def held(self) -> InMemoryHeldDeliveries:
        """The held deliveries."""
        return InMemoryHeldDeliveries(self._state)

    @property
    def quarantine(self) -> InMemoryQuarantine:
        """The unreadable bodies."""
        return InMemoryQuarantine(self._state)

    @property
    def outbox(self) -> InMemoryOutbox:
        """The outbox."""
        return InMemoryOutbox(self._state)

    @property
    def unpublished(self) -> InMemoryUnpublishedEvents:
        """The events in the outbox, as a person sees them."""
        return InMemoryUnpublishedEvents(self._state)

    @property
    def stale_statuses(self) -> InMemoryStaleStatuses:
        """The stale statuses."""
        return InMemoryStaleStatuses(self._state)

    @property
    def visits(self) -> InMemoryVisits:
        """The visits."""
        return InMemoryVisits(self._state)

    @property
    def watermarks(self) -> InMemoryWatermarks:
        """How far the sweep of each shop has come."""
        return InMemoryWatermarks(self._state)

    @property
    def funnel(self) -> InMemoryFunnelNumbers:
        """What the funnel is counted from."""
        return InMemoryFunnelNumbers(self._state)

    @property
    def retention(self) -> InMemoryRetention:
        """What was kept for long enough."""
        return InMemoryRetention(self._state)

    @property
    def merchant_keys(self) -> InMemoryMerchantKeys:
        """The merchants' keys."""
        return InMemoryMerchantKeys(self._state)

    @property
    def redactions(self) -> InMemoryRedactions:
        """The redactions."""
        return InMemoryRedactions(self._state)

    @property
    def customer_records(self) -> InMemoryCustomerRecords:
        """What is kept of a customer."""
        return InMemoryCustomerRecords(self._state)

    @property
    def merchant_records(self) -> InMemoryMerchantRecords:
        """What is kept of a merchant."""
        return InMemoryMerchantRecords(self._state)

    @property
    def privacy_requests(self) -> InMemoryPrivacyRequests:
        """The privacy requests."""
        return InMemoryPrivacyRequests(self._state)

    @property
    def privacy_work(self) -> InMemoryPrivacyWork:
        """The redactions that wait for a worker."""
        return InMemoryPrivacyWork(self._state)
