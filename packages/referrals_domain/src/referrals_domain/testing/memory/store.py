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

    from referrals_domain.ports.addresses import Addresses
    from referrals_domain.ports.conversions import Conversions
    from referrals_domain.ports.customer_records import CustomerRecords
    from referrals_domain.ports.deliveries import Deliveries
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
    from referrals_domain.ports.referrals import Referrals
    from referrals_domain.ports.referred_orders import ReferredOrders
    from referrals_domain.ports.requests import Requests
    from referrals_domain.ports.retention import Retention
    from referrals_domain.ports.stale_statuses import StaleStatuses
    from referrals_domain.ports.unpublished_events import UnpublishedEvents
    from referrals_domain.ports.visits import Visits
    from referrals_domain.ports.watermarks import Watermarks


class InMemoryStore:
    """A store in memory: `begin` its transactions, look at its committed `state`."""

    def __init__(self) -> None:
        self.state = State()
        self.one_at_a_time = asyncio.Lock()

    def begin(self) -> InMemoryTransaction:
        """Return a transaction to enter; it has the store for itself until it ends."""
        return InMemoryTransaction(self)


class InMemoryTransaction(Transaction):
    """One transaction: it works on a copy of the state, which a commit puts in its place."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store
        self._state = State()

    async def __aenter__(self) -> Self:
        """Wait for the store, and begin."""
        await self._store.one_at_a_time.acquire()
        self._state = self._store.state.copy()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Drop whatever was not committed."""
        self._store.one_at_a_time.release()

    async def commit(self) -> None:
        """Put the copy in the state's place."""
        self._store.state = self._state

    @property
    def links(self) -> ReferralLinks:
        """The referral links."""
        return InMemoryReferralLinks(self._state)

    @property
    def referrals(self) -> Referrals:
        """The referrals."""
        return InMemoryReferrals(self._state)

    @property
    def history(self) -> ReferralHistory:
        """The history of the referrals."""
        return InMemoryReferralHistory(self._state)

    @property
    def listing(self) -> ReferralListing:
        """The referrals, a page at a time."""
        return InMemoryReferralListing(self._state)

    @property
    def due(self) -> DueReferrals:
        """The referrals that time alone moves on."""
        return InMemoryDueReferrals(self._state)

    @property
    def conversions(self) -> Conversions:
        """The conversions."""
        return InMemoryConversions(self._state)

    @property
    def addresses(self) -> Addresses:
        """The addresses that orders came from."""
        return InMemoryAddresses(self._state)

    @property
    def orders(self) -> ReferredOrders:
        """The orders."""
        return InMemoryReferredOrders(self._state)

    @property
    def programs(self) -> Programs:
        """The programs."""
        return InMemoryPrograms(self._state)

    @property
    def requests(self) -> Requests:
        """The calls that may be repeated."""
        return InMemoryRequests(self._state)

    @property
    def deliveries(self) -> Deliveries:
        """The deliveries."""
        return InMemoryDeliveries(self._state)

    @property
    def held(self) -> HeldDeliveries:
        """The held deliveries."""
        return InMemoryHeldDeliveries(self._state)

    @property
    def quarantine(self) -> Quarantine:
        """The unreadable bodies."""
        return InMemoryQuarantine(self._state)

    @property
    def outbox(self) -> Outbox:
        """The outbox."""
        return InMemoryOutbox(self._state)

    @property
    def unpublished(self) -> UnpublishedEvents:
        """The events in the outbox, as a person sees them."""
        return InMemoryUnpublishedEvents(self._state)

    @property
    def stale_statuses(self) -> StaleStatuses:
        """The stale statuses."""
        return InMemoryStaleStatuses(self._state)

    @property
    def visits(self) -> Visits:
        """The visits."""
        return InMemoryVisits(self._state)

    @property
    def watermarks(self) -> Watermarks:
        """How far the sweep of each shop has come."""
        return InMemoryWatermarks(self._state)

    @property
    def funnel(self) -> FunnelNumbers:
        """What the funnel is counted from."""
        return InMemoryFunnelNumbers(self._state)

    @property
    def retention(self) -> Retention:
        """What was kept for long enough."""
        return InMemoryRetention(self._state)

    @property
    def merchant_keys(self) -> MerchantKeys:
        """The merchants' keys."""
        return InMemoryMerchantKeys(self._state)

    @property
    def redactions(self) -> Redactions:
        """The redactions."""
        return InMemoryRedactions(self._state)

    @property
    def customer_records(self) -> CustomerRecords:
        """What is kept of a customer."""
        return InMemoryCustomerRecords(self._state)

    @property
    def merchant_records(self) -> MerchantRecords:
        """What is kept of a merchant."""
        return InMemoryMerchantRecords(self._state)

    @property
    def privacy_requests(self) -> PrivacyRequests:
        """The privacy requests."""
        return InMemoryPrivacyRequests(self._state)

    @property
    def privacy_work(self) -> PrivacyWork:
        """The redactions that wait for a worker."""
        return InMemoryPrivacyWork(self._state)
