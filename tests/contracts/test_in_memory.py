"""The adapters in memory keep the laws of every port."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from referrals_domain.model.money import Money
from referrals_domain.model.order import OrderSnapshot
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.addresses import AddressesContract
from referrals_domain.testing.contracts.cache_server import CacheServerContract
from referrals_domain.testing.contracts.cached_statuses import CachedStatusesContract
from referrals_domain.testing.contracts.clock import ClockContract
from referrals_domain.testing.contracts.conversions import ConversionsContract
from referrals_domain.testing.contracts.customer_records import CustomerRecordsContract
from referrals_domain.testing.contracts.customer_validator import (
    CoreThatSays,
    CustomerValidatorContract,
)
from referrals_domain.testing.contracts.deliveries import DeliveriesContract
from referrals_domain.testing.contracts.due_referrals import DueReferralsContract
from referrals_domain.testing.contracts.event_publisher import (
    Arrivals,
    Arrived,
    EventPublisherContract,
)
from referrals_domain.testing.contracts.funnel_numbers import FunnelNumbersContract
from referrals_domain.testing.contracts.held_deliveries import HeldDeliveriesContract
from referrals_domain.testing.contracts.ids import IdsContract
from referrals_domain.testing.contracts.intake import IntakeContract
from referrals_domain.testing.contracts.landings import LandingsContract
from referrals_domain.testing.contracts.leadership import LeadershipContract, Lose
from referrals_domain.testing.contracts.merchant_keys import MerchantKeysContract
from referrals_domain.testing.contracts.merchant_records import MerchantRecordsContract
from referrals_domain.testing.contracts.merchant_validator import (
    AuthThatSays,
    MerchantValidatorContract,
)
from referrals_domain.testing.contracts.outbox import OutboxContract
from referrals_domain.testing.contracts.privacy_requests import PrivacyRequestsContract
from referrals_domain.testing.contracts.privacy_work import PrivacyWorkContract
from referrals_domain.testing.contracts.programs import ProgramsContract
from referrals_domain.testing.contracts.quarantine import QuarantineContract
from referrals_domain.testing.contracts.rate_limits import (
    OF_CALLER,
    OF_MERCHANT,
    RateLimitsContract,
)
from referrals_domain.testing.contracts.redactions import RedactionsContract
from referrals_domain.testing.contracts.referral_history import ReferralHistoryContract
from referrals_domain.testing.contracts.referral_links import ReferralLinksContract
from referrals_domain.testing.contracts.referral_listing import ReferralListingContract
from referrals_domain.testing.contracts.referrals import ReferralsContract
from referrals_domain.testing.contracts.referred_orders import ReferredOrdersContract
from referrals_domain.testing.contracts.requests import RequestsContract
from referrals_domain.testing.contracts.retention import RetentionContract
from referrals_domain.testing.contracts.shop_orders import ShopOrdersContract, ShopWith
from referrals_domain.testing.contracts.stale_statuses import StaleStatusesContract
from referrals_domain.testing.contracts.status_cache import StatusCacheContract
from referrals_domain.testing.contracts.statuses import StatusesContract
from referrals_domain.testing.contracts.transaction import TransactionContract
from referrals_domain.testing.contracts.unpublished_events import UnpublishedEventsContract
from referrals_domain.testing.contracts.visits import VisitsContract
from referrals_domain.testing.contracts.watermarks import WatermarksContract
from referrals_domain.testing.contracts.webhook_subscriptions import WebhookSubscriptionsContract
from referrals_domain.testing.memory.intake import InMemoryIntake
from referrals_domain.testing.memory.landings import InMemoryLandings
from referrals_domain.testing.memory.leadership import InMemoryLeadership
from referrals_domain.testing.memory.neighbours import (
    InMemoryCustomerValidator,
    InMemoryEventPublisher,
    InMemoryMerchantValidator,
)
from referrals_domain.testing.memory.rate_limits import InMemoryRateLimits
from referrals_domain.testing.memory.shop_orders import InMemoryShopOrders
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache
from referrals_domain.testing.memory.statuses import InMemoryStatuses
from referrals_domain.testing.memory.store import InMemoryStore
from referrals_domain.testing.memory.webhook_subscriptions import InMemoryWebhookSubscriptions
from referrals_domain.testing.time_and_chance import FixedClock, SeededIds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from referrals_domain.model.identifiers import OrderId
    from referrals_domain.model.order import OrderFacts
    from referrals_domain.testing.contracts.begin import Begin


class _InMemory:
    @pytest.fixture
    def begin(self) -> Begin:
        return InMemoryStore().begin


class TestInMemoryTransaction(_InMemory, TransactionContract): ...


class TestInMemoryReferralLinks(_InMemory, ReferralLinksContract): ...


class TestInMemoryReferrals(_InMemory, ReferralsContract): ...


class TestInMemoryReferralHistory(_InMemory, ReferralHistoryContract): ...


class TestInMemoryReferralListing(_InMemory, ReferralListingContract): ...


class TestInMemoryConversions(_InMemory, ConversionsContract): ...


class TestInMemoryDueReferrals(_InMemory, DueReferralsContract): ...


class TestInMemoryAddresses(_InMemory, AddressesContract): ...


class TestInMemoryReferredOrders(_InMemory, ReferredOrdersContract): ...


class TestInMemoryPrograms(_InMemory, ProgramsContract): ...


class TestInMemoryRequests(_InMemory, RequestsContract): ...


class TestInMemoryDeliveries(_InMemory, DeliveriesContract): ...


class TestInMemoryHeldDeliveries(_InMemory, HeldDeliveriesContract): ...


class TestInMemoryQuarantine(_InMemory, QuarantineContract): ...


class TestInMemoryOutbox(_InMemory, OutboxContract): ...


class TestInMemoryUnpublishedEvents(_InMemory, UnpublishedEventsContract): ...


class TestInMemoryStaleStatuses(_InMemory, StaleStatusesContract): ...


class TestInMemoryMerchantKeys(_InMemory, MerchantKeysContract): ...


class TestInMemoryRedactions(_InMemory, RedactionsContract): ...


class TestInMemoryCustomerRecords(_InMemory, CustomerRecordsContract): ...


class TestInMemoryMerchantRecords(_InMemory, MerchantRecordsContract): ...


class TestInMemoryPrivacyRequests(_InMemory, PrivacyRequestsContract): ...


class TestInMemoryPrivacyWork(_InMemory, PrivacyWorkContract): ...


class TestInMemoryVisits(_InMemory, VisitsContract): ...


class TestInMemoryWatermarks(_InMemory, WatermarksContract): ...


class TestInMemoryFunnelNumbers(_InMemory, FunnelNumbersContract): ...


class TestInMemoryRetention(_InMemory, RetentionContract): ...


class TestInMemoryIntake(_InMemory, IntakeContract):
    @pytest.fixture
    def intake(self, begin: Begin) -> InMemoryIntake:
        return InMemoryIntake(begin)


class TestInMemoryLandings(_InMemory, LandingsContract):
    @pytest.fixture
    def landings(self, begin: Begin) -> InMemoryLandings:
        return InMemoryLandings(begin)


class TestInMemoryStatuses(_InMemory, StatusesContract):
    @pytest.fixture
    def statuses(self, begin: Begin) -> InMemoryStatuses:
        return InMemoryStatuses(begin)


class TestInMemoryStatusCache(StatusCacheContract):
    @pytest.fixture
    def cache(self) -> InMemoryStatusCache:
        return InMemoryStatusCache()


class TestInMemoryStatusCacheWatched(CachedStatusesContract):
    @pytest.fixture
    def cache(self) -> InMemoryStatusCache:
        return InMemoryStatusCache()

    @pytest.fixture
    def cached(self, cache: InMemoryStatusCache) -> InMemoryStatusCache:
        return cache


class TestInMemoryStatusCacheServer(CacheServerContract):
    @pytest.fixture
    def cache_server(self) -> InMemoryStatusCache:
        return InMemoryStatusCache()

    @pytest.fixture
    def lose(self, cache_server: InMemoryStatusCache) -> Callable[[], None]:
        return lambda: cache_server.fail_over(InMemoryStatusCache())


class TestInMemoryRateLimits(RateLimitsContract):
    @pytest.fixture
    def limits(self) -> InMemoryRateLimits:
        return InMemoryRateLimits(caller=OF_CALLER, merchant=OF_MERCHANT)


class TestInMemoryMerchantValidator(MerchantValidatorContract):
    @pytest.fixture
    def auth_that_says(self) -> AuthThatSays:
        return lambda verdicts: InMemoryMerchantValidator(dict(verdicts))

    @pytest.fixture
    def refused_by_auth(self) -> InMemoryMerchantValidator:
        return InMemoryMerchantValidator(accepts_the_token=False)


class TestInMemoryCustomerValidator(CustomerValidatorContract):
    @pytest.fixture
    def core_that_says(self) -> CoreThatSays:
        return lambda standings: InMemoryCustomerValidator(dict(standings))

    @pytest.fixture
    def refused_by_core(self) -> InMemoryCustomerValidator:
        return InMemoryCustomerValidator(accepts_the_token=False)


class TestInMemoryEventPublisher(EventPublisherContract):
    @pytest.fixture
    def publisher(self) -> InMemoryEventPublisher:
        return InMemoryEventPublisher()

    @pytest.fixture
    def arrivals(self, publisher: InMemoryEventPublisher) -> Arrivals:
        async def arrived() -> Sequence[Arrived]:
            return [Arrived(one.referral_id, one.payload) for one in publisher.log]

        return arrived

    @pytest.fixture
    def impossible(self, publisher: InMemoryEventPublisher) -> bytes:
        return bytes(publisher.largest + 1)


class TestInMemoryLeadership(LeadershipContract):
    @pytest.fixture
    def leadership(self) -> InMemoryLeadership:
        return InMemoryLeadership()

    @pytest.fixture
    def lose(self, leadership: InMemoryLeadership) -> Lose:
        async def take_away() -> None:
            leadership.lose()

        return take_away


class TestInMemoryShopOrders(ShopOrdersContract):
    @pytest.fixture
    def shop_with(self) -> ShopWith:
        def having(changes: Mapping[OrderId, datetime]) -> InMemoryShopOrders:
            return InMemoryShopOrders({builders.SHOP: [_changed(*one) for one in changes.items()]})

        return having


class TestInMemoryWebhookSubscriptions(WebhookSubscriptionsContract):
    @pytest.fixture
    def subscriptions(self) -> InMemoryWebhookSubscriptions:
        return InMemoryWebhookSubscriptions({builders.SHOP: set()})


class TestFixedClock(ClockContract):
    @pytest.fixture
    def clock(self) -> FixedClock:
        return FixedClock()


class TestSeededIds(IdsContract):
    @pytest.fixture
    def ids(self) -> SeededIds:
        return SeededIds()


def _changed(order_id: OrderId, at: datetime) -> OrderFacts:
    return builders.facts(
        order_id=order_id, snapshot=OrderSnapshot(updated_at=at, total=Money(6710, "USD"))
    )
