"""Ports that count what comes of their use keep the laws of what they count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from referrals_adapters.telemetry.counted import CountedPublisher, CountedStatusCache
from referrals_adapters.telemetry.counted_transaction import CountedTransaction
from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.testing.contracts.deliveries import DeliveriesContract
from referrals_domain.testing.contracts.event_publisher import (
    Arrivals,
    Arrived,
    EventPublisherContract,
)
from referrals_domain.testing.contracts.referrals import ReferralsContract
from referrals_domain.testing.contracts.retention import RetentionContract
from referrals_domain.testing.contracts.status_cache import StatusCacheContract
from referrals_domain.testing.contracts.transaction import TransactionContract
from referrals_domain.testing.memory.neighbours import InMemoryEventPublisher
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache
from referrals_domain.testing.memory.store import InMemoryStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.testing.contracts.begin import Begin


class _Counted:
    @pytest.fixture
    def begin(self) -> Begin:
        store, metrics = InMemoryStore(), Metrics()
        return lambda: CountedTransaction(store.begin(), metrics)


class TestCountedTransaction(_Counted, TransactionContract): ...


class TestCountedReferrals(_Counted, ReferralsContract): ...


class TestCountedDeliveries(_Counted, DeliveriesContract): ...


class TestCountedRetention(_Counted, RetentionContract): ...


class TestCountedStatusCache(StatusCacheContract):
    @pytest.fixture
    def cache(self) -> CountedStatusCache:
        return CountedStatusCache(InMemoryStatusCache(), Metrics())


class TestCountedPublisher(EventPublisherContract):
    @pytest.fixture
    def broker(self) -> InMemoryEventPublisher:
        return InMemoryEventPublisher()

    @pytest.fixture
    def publisher(self, broker: InMemoryEventPublisher) -> CountedPublisher:
        return CountedPublisher(broker, Metrics())

    @pytest.fixture
    def arrivals(self, broker: InMemoryEventPublisher) -> Arrivals:
        async def arrived() -> Sequence[Arrived]:
            return [Arrived(one.referral_id, one.payload) for one in broker.log]

        return arrived

    @pytest.fixture
    def impossible(self, broker: InMemoryEventPublisher) -> bytes:
        return bytes(broker.largest + 1)
