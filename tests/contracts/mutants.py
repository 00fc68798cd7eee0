"""Adapters that break a law each, for `test_broken_laws.py`, which has their suites find out."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self

import attrs
import pytest

from referrals_domain.ports.merchant_validator import Verdict
from referrals_domain.testing.contracts.deliveries import DeliveriesContract
from referrals_domain.testing.contracts.outbox import OutboxContract
from referrals_domain.testing.contracts.referrals import ReferralsContract
from referrals_domain.testing.contracts.transaction import TransactionContract
from referrals_domain.testing.memory.deliveries import InMemoryDeliveries
from referrals_domain.testing.memory.leadership import InMemoryLeadership
from referrals_domain.testing.memory.neighbours import (
    InMemoryEventPublisher,
    InMemoryMerchantValidator,
)
from referrals_domain.testing.memory.referrals import InMemoryReferrals
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache
from referrals_domain.testing.memory.store import InMemoryStore, InMemoryTransaction
from tests.contracts import test_in_memory as sound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence

    from referrals_domain.model.decision import Transition
    from referrals_domain.model.delivery import AcceptedDelivery
    from referrals_domain.model.identifiers import MerchantId, ReferralKey
    from referrals_domain.model.referral import StatusView
    from referrals_domain.ports.event_publisher import Decided
    from referrals_domain.ports.outbox import OutboxEntry
    from referrals_domain.testing.contracts.begin import Begin
    from referrals_domain.testing.contracts.merchant_validator import AuthThatSays


class Store(InMemoryStore):
    """A store with transactions of some kind."""

    def __init__(self, transaction: type[InMemoryTransaction]) -> None:
        super().__init__()
        self._transaction = transaction

    def begin(self) -> InMemoryTransaction:
        return self._transaction(self)


class _Stored:
    transaction: type[InMemoryTransaction]

    @pytest.fixture
    def begin(self) -> Begin:
        return Store(self.transaction).begin


class DoesNotCommit(InMemoryTransaction):
    async def commit(self) -> None:
        """Do nothing."""


class TestACommitThatDoesNot(_Stored, TransactionContract):
    transaction = DoesNotCommit


class IgnoresTheVersion(InMemoryReferrals):
    async def save(self, transitions: Sequence[Transition]) -> None:
        """Save each as if what is stored were the version before."""
        for one in transitions:
            after = one.referral
            before = self.state.referrals.pop(after.key, after)
            if after.version > 1:
                self.state.referrals[after.key] = attrs.evolve(before, version=after.version - 1)
            await super().save([one])


class SavesWhateverTheVersion(InMemoryTransaction):
    @property
    def referrals(self) -> InMemoryReferrals:
        return IgnoresTheVersion(self._state)


class TestASaveThatIgnoresTheVersion(_Stored, ReferralsContract):
    transaction = SavesWhateverTheVersion


class KeepsWhatWasRolledBack(InMemoryTransaction):
    async def __aenter__(self) -> Self:
        """Begin, with the committed outbox instead of a copy."""
        await super().__aenter__()
        self._state.outbox = self._store.state.outbox
        return self


class TestAnOutboxThatSurvivesARollback(_Stored, OutboxContract):
    transaction = KeepsWhatWasRolledBack


class LosesOne(InMemoryDeliveries):
    async def add(self, deliveries: Sequence[AcceptedDelivery]) -> Sequence[bool]:
        """Store up to 39 of them, and say that all are stored."""
        return [*await super().add(deliveries[:39]), *(True for _ in deliveries[39:])]


class StoresBatchesButForOne(InMemoryTransaction):
    @property
    def deliveries(self) -> InMemoryDeliveries:
        return LosesOne(self._state)


class TestABatchThatLosesOne(_Stored, DeliveriesContract):
    transaction = StoresBatchesButForOne


class FillsWithoutALease(InMemoryStatusCache):
    async def fill(self, key: ReferralKey, lease: str, view: StatusView | None) -> None:
        """Fill with the lease that somebody has."""
        entry = self._entries.get(key)
        await super().fill(key, getattr(entry, "lease", None) or lease, view)


class TestACacheThatFillsWithoutALease(sound.TestInMemoryStatusCache):
    @pytest.fixture
    def cache(self) -> FillsWithoutALease:
        return FillsWithoutALease()


class AcknowledgesTooEarly(InMemoryEventPublisher):
    async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
        """Acknowledge all that was not refused, and have all but the last of many."""
        decided = await super().publish(entries)
        del self.log[50:]
        return decided


class TestAnAcknowledgementOfWhatNeverArrived(sound.TestInMemoryEventPublisher):
    @pytest.fixture
    def publisher(self) -> AcknowledgesTooEarly:
        return AcknowledgesTooEarly()


class LetsAllLead(InMemoryLeadership):
    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Lead, whoever else does."""
        self._one_at_a_time = asyncio.Lock()
        async with super().held():
            yield


class TestALeaderBesideALeader(sound.TestInMemoryLeadership):
    @pytest.fixture
    def leadership(self) -> LetsAllLead:
        return LetsAllLead()


class ValidUnlessAuthSaysOtherwise(InMemoryMerchantValidator):
    async def validate(self, merchant_ids: Collection[MerchantId]) -> Mapping[MerchantId, Verdict]:
        """Take silence for a yes."""
        return {
            **dict.fromkeys(merchant_ids, Verdict.VALID),
            **await super().validate(merchant_ids),
        }


class TestAVerdictThatNobodyGave(sound.TestInMemoryMerchantValidator):
    @pytest.fixture
    def auth_that_says(self) -> AuthThatSays:
        return lambda verdicts: ValidUnlessAuthSaysOtherwise(dict(verdicts))
