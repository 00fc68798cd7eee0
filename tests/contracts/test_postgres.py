"""The adapters of PostgreSQL keep the laws of every port."""

from __future__ import annotations

from contextlib import aclosing
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest
from sqlalchemy import text

from referrals_adapters.postgres.intake import PostgresIntake
from referrals_adapters.postgres.landings import RememberedLandings
from referrals_adapters.postgres.leadership import PostgresLeadership
from referrals_adapters.postgres.reading import open_statuses
from referrals_adapters.postgres.statuses import PostgresStatuses
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.testing.contracts.addresses import AddressesContract
from referrals_domain.testing.contracts.conversions import ConversionsContract
from referrals_domain.testing.contracts.customer_records import CustomerRecordsContract
from referrals_domain.testing.contracts.deliveries import DeliveriesContract
from referrals_domain.testing.contracts.due_referrals import DueReferralsContract
from referrals_domain.testing.contracts.funnel_numbers import FunnelNumbersContract
from referrals_domain.testing.contracts.held_deliveries import HeldDeliveriesContract
from referrals_domain.testing.contracts.intake import IntakeContract
from referrals_domain.testing.contracts.landings import LandingsContract
from referrals_domain.testing.contracts.leadership import LeadershipContract, Lose
from referrals_domain.testing.contracts.merchant_keys import MerchantKeysContract
from referrals_domain.testing.contracts.merchant_records import MerchantRecordsContract
from referrals_domain.testing.contracts.outbox import OutboxContract
from referrals_domain.testing.contracts.privacy_requests import PrivacyRequestsContract
from referrals_domain.testing.contracts.privacy_work import PrivacyWorkContract
from referrals_domain.testing.contracts.programs import ProgramsContract
from referrals_domain.testing.contracts.quarantine import QuarantineContract
from referrals_domain.testing.contracts.redactions import RedactionsContract
from referrals_domain.testing.contracts.referral_history import ReferralHistoryContract
from referrals_domain.testing.contracts.referral_links import ReferralLinksContract
from referrals_domain.testing.contracts.referral_listing import ReferralListingContract
from referrals_domain.testing.contracts.referrals import ReferralsContract
from referrals_domain.testing.contracts.referred_orders import ReferredOrdersContract
from referrals_domain.testing.contracts.requests import RequestsContract
from referrals_domain.testing.contracts.retention import RetentionContract
from referrals_domain.testing.contracts.stale_statuses import StaleStatusesContract
from referrals_domain.testing.contracts.statuses import StatusesContract
from referrals_domain.testing.contracts.transaction import TransactionContract
from referrals_domain.testing.contracts.unpublished_events import UnpublishedEventsContract
from referrals_domain.testing.contracts.visits import VisitsContract
from referrals_domain.testing.contracts.watermarks import WatermarksContract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.pool import Pool
    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.ports.landings import Landings
    from referrals_domain.ports.statuses import Statuses
    from referrals_domain.testing.contracts.begin import Begin


_END_LEADERS: Final = text("""
    SELECT pg_terminate_backend(pid, 1000) FROM pg_locks
    WHERE locktype = 'advisory' AND granted
""")


class _Postgres:
    @pytest.fixture
    def begin(self, pool: Pool) -> Begin:
        return partial(PostgresTransaction, pool)


class TestPostgresTransaction(_Postgres, TransactionContract): ...


class TestPostgresReferralLinks(_Postgres, ReferralLinksContract): ...


class TestPostgresReferrals(_Postgres, ReferralsContract): ...


class TestPostgresReferralHistory(_Postgres, ReferralHistoryContract): ...


class TestPostgresReferralListing(_Postgres, ReferralListingContract): ...


class TestPostgresConversions(_Postgres, ConversionsContract): ...


class TestPostgresDueReferrals(_Postgres, DueReferralsContract): ...


class TestPostgresAddresses(_Postgres, AddressesContract): ...


class TestPostgresReferredOrders(_Postgres, ReferredOrdersContract): ...


class TestPostgresPrograms(_Postgres, ProgramsContract): ...


class TestPostgresRequests(_Postgres, RequestsContract): ...


class TestPostgresDeliveries(_Postgres, DeliveriesContract): ...


class TestPostgresHeldDeliveries(_Postgres, HeldDeliveriesContract): ...


class TestPostgresQuarantine(_Postgres, QuarantineContract): ...


class TestPostgresOutbox(_Postgres, OutboxContract): ...


class TestPostgresUnpublishedEvents(_Postgres, UnpublishedEventsContract): ...


class TestPostgresStaleStatuses(_Postgres, StaleStatusesContract): ...


class TestPostgresMerchantKeys(_Postgres, MerchantKeysContract): ...


class TestPostgresRedactions(_Postgres, RedactionsContract): ...


class TestPostgresCustomerRecords(_Postgres, CustomerRecordsContract): ...


class TestPostgresMerchantRecords(_Postgres, MerchantRecordsContract): ...


class TestPostgresPrivacyRequests(_Postgres, PrivacyRequestsContract): ...


class TestPostgresPrivacyWork(_Postgres, PrivacyWorkContract): ...


class TestPostgresVisits(_Postgres, VisitsContract): ...


class TestPostgresWatermarks(_Postgres, WatermarksContract): ...


class TestPostgresFunnelNumbers(_Postgres, FunnelNumbersContract): ...


class TestPostgresRetention(_Postgres, RetentionContract): ...


class TestPostgresIntake(_Postgres, IntakeContract):
    @pytest.fixture
    def intake(self, pool: Pool) -> PostgresIntake:
        return PostgresIntake(pool)


class TestRememberedLandings(_Postgres, LandingsContract):
    @pytest.fixture
    async def landings(self, begin: Begin) -> AsyncIterator[Landings]:
        patient = RememberedLandings(begin=begin, link_within=timedelta(seconds=10))
        async with aclosing(patient) as landings:
            yield landings


class TestPostgresStatuses(_Postgres, StatusesContract):
    @pytest.fixture
    def statuses(self, pool: Pool) -> PostgresStatuses:
        return PostgresStatuses(pool)


class TestCoalescedStatusesWithReplica(_Postgres, StatusesContract):
    @pytest.fixture
    async def statuses(self, database: PostgresSettings) -> AsyncIterator[Statuses]:
        async with open_statuses(database, replica=database) as statuses:
            yield statuses


class TestPostgresLeadership(LeadershipContract):
    @pytest.fixture
    def leadership(self, database: PostgresSettings) -> PostgresLeadership:
        return PostgresLeadership(database, "contract")

    @pytest.fixture
    def lose(self, engine: AsyncEngine) -> Lose:
        async def end_leaders() -> None:
            async with engine.connect() as connection:
                await connection.execute(_END_LEADERS)

        return end_leaders
