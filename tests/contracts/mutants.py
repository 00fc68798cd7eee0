"""Adapters that break a law each; `test_broken_laws.py` has the suites find them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from referrals_domain.testing.contracts.transaction import TransactionContract
from referrals_domain.testing.memory.store import InMemoryStore, InMemoryTransaction

if TYPE_CHECKING:
    from referrals_domain.testing.contracts.begin import Begin


class ForgetfulStore(InMemoryStore):
    def begin(self) -> InMemoryTransaction:
        return Forgetful(self, self._one_at_a_time)


class Forgetful(InMemoryTransaction):
    async def commit(self) -> None: ...


class TestACommitThatDoesNot(TransactionContract):
    @pytest.fixture
    def begin(self) -> Begin:
        return ForgetfulStore().begin
