"""SQLite keeps the laws of the ports of which it has tables."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from referrals_domain.testing.contracts.outbox import OutboxContract
from referrals_domain.testing.contracts.programs import ProgramsContract
from referrals_domain.testing.contracts.referral_links import ReferralLinksContract
from referrals_domain.testing.contracts.transaction import TransactionContract
from sqlite_adapters.store import SqliteStore

if TYPE_CHECKING:
    from pathlib import Path

    from referrals_domain.testing.contracts.begin import Begin


class _Sqlite:
    @pytest.fixture
    def begin(self, tmp_path: Path) -> Begin:
        """Begin in turn on two stores of one file, which meet there only, as two processes do."""
        stores = cycle([SqliteStore(tmp_path / "referrals.sqlite") for _ in range(2)])
        return lambda: next(stores).begin()


class TestSqliteTransaction(_Sqlite, TransactionContract): ...


class TestSqlitePrograms(_Sqlite, ProgramsContract): ...


class TestSqliteReferralLinks(_Sqlite, ReferralLinksContract): ...


class TestSqliteOutbox(_Sqlite, OutboxContract): ...
