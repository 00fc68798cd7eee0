"""The adapters in memory satisfy the ports; so does whatever has their methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, assert_type

from referrals_domain.model.code import CodeKey
from referrals_domain.model.identifiers import LinkKey, OrderKey, ReferralKey
from referrals_domain.model.link import ReferralLink
from referrals_domain.model.order import ReferredOrder
from referrals_domain.model.referral import Place, Referral, StatusView
from referrals_domain.ports.outbox import OutboxEntry
from referrals_domain.ports.status_cache import Hit, Miss
from referrals_domain.ports.transaction import Transaction
from referrals_domain.testing.memory.neighbours import (
    InMemoryCustomerValidator,
    InMemoryEventPublisher,
    InMemoryMerchantValidator,
)
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache
from referrals_domain.testing.memory.statuses import InMemoryStatuses
from referrals_domain.testing.memory.store import InMemoryStore
from referrals_domain.testing.time_and_chance import FixedClock, SeededIds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from referrals_domain.model.identifiers import MerchantId
    from referrals_domain.ports.addresses import Addresses
    from referrals_domain.ports.clock import Clock
    from referrals_domain.ports.conversions import Conversions
    from referrals_domain.ports.customer_validator import CustomerValidator
    from referrals_domain.ports.deliveries import Deliveries
    from referrals_domain.ports.event_publisher import EventPublisher
    from referrals_domain.ports.funnel_numbers import FunnelNumbers
    from referrals_domain.ports.ids import Ids
    from referrals_domain.ports.merchant_validator import MerchantValidator, Verdict
    from referrals_domain.ports.outbox import Outbox
    from referrals_domain.ports.programs import Programs
    from referrals_domain.ports.quarantine import Quarantine
    from referrals_domain.ports.referral_links import ReferralLinks
    from referrals_domain.ports.referral_listing import ReferralListing, Selection
    from referrals_domain.ports.referrals import Referrals
    from referrals_domain.ports.referred_orders import ReferredOrders
    from referrals_domain.ports.requests import Requests
    from referrals_domain.ports.stale_statuses import StaleStatuses
    from referrals_domain.ports.status_cache import StatusCache
    from referrals_domain.ports.statuses import Statuses


def adapters_in_memory_satisfy_the_ports() -> None:
    """Each stands where its port is asked for."""
    clock: Clock = FixedClock()
    ids: Ids = SeededIds()
    auth: MerchantValidator = InMemoryMerchantValidator()
    core: CustomerValidator = InMemoryCustomerValidator()
    broker: EventPublisher = InMemoryEventPublisher()
    cache: StatusCache = InMemoryStatusCache()
    begin: Callable[[], Transaction] = InMemoryStore().begin
    statuses: Statuses = InMemoryStatuses(begin)
    del clock, ids, auth, core, broker, cache, begin, statuses


def a_transaction_in_memory_has_every_collection(store: InMemoryStore) -> None:
    """Each collection of the transaction is the port's."""
    tx = store.begin()
    links: ReferralLinks = tx.links
    referrals: Referrals = tx.referrals
    listing: ReferralListing = tx.listing
    funnel: FunnelNumbers = tx.funnel
    conversions: Conversions = tx.conversions
    addresses: Addresses = tx.addresses
    orders: ReferredOrders = tx.orders
    programs: Programs = tx.programs
    requests: Requests = tx.requests
    deliveries: Deliveries = tx.deliveries
    quarantine: Quarantine = tx.quarantine
    outbox: Outbox = tx.outbox
    stale_statuses: StaleStatuses = tx.stale_statuses
    del links, referrals, listing, funnel, conversions, addresses, orders, programs
    del requests, deliveries, quarantine, outbox, stale_statuses


async def a_transaction_returns_the_model(
    begin: Callable[[], Transaction],
    link: LinkKey,
    code: CodeKey,
    referral: ReferralKey,
    order: OrderKey,
) -> None:
    """Collections go in, mappings come out; what does not exist is left out."""
    async with begin() as tx:
        assert_type(tx, Transaction)
        assert_type(await tx.links.get([link]), Mapping[LinkKey, ReferralLink])
        assert_type(await tx.links.by_codes({code}), Mapping[CodeKey, ReferralLink])
        assert_type(await tx.referrals.lock([referral]), Mapping[ReferralKey, Referral])
        assert_type(await tx.orders.lock([order]), Mapping[OrderKey, ReferredOrder])
        assert_type(await tx.outbox.first(1), Sequence[OutboxEntry])
        await tx.links.get([code])  # type: ignore[list-item]
        await tx.referrals.get(referral)  # type: ignore[arg-type]
        tx.links = tx.links  # type: ignore[misc]


async def a_list_has_an_order(tx: Transaction, selection: Selection) -> None:
    """And begins at the start, or behind a place; which of them, nobody may forget to say."""
    listed = await tx.listing.page(selection, after=None, limit=2)
    assert_type(listed, Sequence[Referral])
    assert_type(listed[0].place, Place)
    await tx.listing.page(selection, limit=2)  # type: ignore[call-arg]


async def a_cache_hits_or_misses(cache: StatusCache, key: ReferralKey) -> None:
    """Only a miss has a lease, and a lease may be missing."""
    reading = await cache.read(key)
    assert_type(reading, Hit | Miss)
    reading.lease  # type: ignore[union-attr]  # noqa: B018 - a hit has none


async def a_status_may_be_known_to_be_absent(statuses: Statuses, key: ReferralKey) -> None:
    """None says so; a key that is missing does not."""
    assert_type(await statuses.read([key]), Mapping[ReferralKey, StatusView | None])


class ClockOfAnotherTeam:
    """A clock that has never heard of ours."""

    def now(self) -> datetime:
        """Return the time."""
        raise NotImplementedError


class ClockWithoutHands:
    """Not a clock."""

    def now(self) -> float:
        """Return a number."""
        raise NotImplementedError


class AuthOfAnotherTeam:
    """Auth as another team would write it."""

    async def validate(self, merchant_ids: Collection[MerchantId]) -> dict[MerchantId, Verdict]:
        """Return verdicts."""
        raise NotImplementedError


def a_port_asks_for_methods_and_not_for_a_base_class() -> None:
    """Whatever has a port's methods satisfies it; whatever has others does not."""
    clock: Clock = ClockOfAnotherTeam()
    auth: MerchantValidator = AuthOfAnotherTeam()
    broken: Clock = ClockWithoutHands()  # type: ignore[assignment]
    del clock, auth, broken
