"""One transaction over everything that is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from referrals_adapters.postgres.acting import act_for
from referrals_adapters.postgres.addresses import PostgresAddresses
from referrals_adapters.postgres.conversions import PostgresConversions
from referrals_adapters.postgres.customer_records import PostgresCustomerRecords
from referrals_adapters.postgres.deliveries import PostgresDeliveries
from referrals_adapters.postgres.due_referrals import PostgresDueReferrals
from referrals_adapters.postgres.funnel_numbers import PostgresFunnelNumbers
from referrals_adapters.postgres.held_deliveries import PostgresHeldDeliveries
from referrals_adapters.postgres.merchant_keys import PostgresMerchantKeys
from referrals_adapters.postgres.merchant_records import PostgresMerchantRecords
from referrals_adapters.postgres.outbox import PostgresOutbox
from referrals_adapters.postgres.privacy_requests import PostgresPrivacyRequests
from referrals_adapters.postgres.privacy_work import PostgresPrivacyWork
from referrals_adapters.postgres.programs import PostgresPrograms
from referrals_adapters.postgres.quarantine import PostgresQuarantine
from referrals_adapters.postgres.redactions import PostgresRedactions
from referrals_adapters.postgres.referral_history import PostgresReferralHistory
from referrals_adapters.postgres.referral_links import PostgresReferralLinks
from referrals_adapters.postgres.referral_listing import PostgresReferralListing
from referrals_adapters.postgres.referrals import PostgresReferrals
from referrals_adapters.postgres.referred_orders import PostgresReferredOrders
from referrals_adapters.postgres.requests import PostgresRequests
from referrals_adapters.postgres.retention import PostgresRetention
from referrals_adapters.postgres.stale_statuses import PostgresStaleStatuses
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.unpublished_events import PostgresUnpublishedEvents
from referrals_adapters.postgres.visits import PostgresVisits
from referrals_adapters.postgres.watermarks import PostgresWatermarks
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import TracebackType

    from referrals_adapters.postgres.pool import Pool
    from referrals_domain.model.identifiers import MerchantId


class PostgresTransaction(Transaction):
    """
    One READ COMMITTED transaction on a connection of the pool.

    After an error it is only good for leaving.

    Args:
        pool: Where its connection comes from.
        acting_for: The merchants that it acts for; none: it sees rows only if its user may see
            those of all merchants.
    """

    def __init__(self, pool: Pool, acting_for: Collection[MerchantId] = ()) -> None:
        self._statements = Statements(pool)
        self._acting_for = acting_for

    async def __aenter__(self) -> Self:
        """Take a connection, and say for whom."""
        await self._statements.begin()
        if self._acting_for:
            try:
                await act_for(self._statements, self._acting_for)
            except BaseException:  # nobody is in yet, so nobody leaves and gives it back
                await self._statements.end()
                raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Roll back whatever was not committed, and give the connection back."""
        await self._statements.end()

    async def commit(self) -> None:
        """Commit; a cancellation that comes meanwhile is raised when it is done."""
        await self._statements.commit()

    @property
    def links(self) -> PostgresReferralLinks:
        """The referral links."""
        return PostgresReferralLinks(self._statements)

    @property
    def referrals(self) -> PostgresReferrals:
        """The referrals."""
        return PostgresReferrals(self._statements)

    @property
    def history(self) -> PostgresReferralHistory:
        """The history of the referrals."""
        return PostgresReferralHistory(self._statements)

    @property
    def listing(self) -> PostgresReferralListing:
        """The referrals, a page at a time."""
        return PostgresReferralListing(self._statements)

    @property
    def due(self) -> PostgresDueReferrals:
        """The referrals that time alone moves on."""
        return PostgresDueReferrals(self._statements)

    @property
    def conversions(self) -> PostgresConversions:
        """The conversions."""
        return PostgresConversions(self._statements)

    @property
    def addresses(self) -> PostgresAddresses:
        """The addresses that orders came from."""
        return PostgresAddresses(self._statements)

    @property
    def orders(self) -> PostgresReferredOrders:
        """The orders."""
        return PostgresReferredOrders(self._statements)

    @property
    def programs(self) -> PostgresPrograms:
        """The programs."""
        return PostgresPrograms(self._statements)

    @property
    def requests(self) -> PostgresRequests:
        """The calls that may be repeated."""
        return PostgresRequests(self._statements)

    @property
    def deliveries(self) -> PostgresDeliveries:
        """The deliveries."""
        return PostgresDeliveries(self._statements)

    @property
    def held(self) -> PostgresHeldDeliveries:
        """The held deliveries."""
        return PostgresHeldDeliveries(self._statements)

    @property
    def quarantine(self) -> PostgresQuarantine:
        """The unreadable bodies."""
        return PostgresQuarantine(self._statements)

    @property
    def outbox(self) -> PostgresOutbox:
        """The outbox."""
        return PostgresOutbox(self._statements)

    @property
    def unpublished(self) -> PostgresUnpublishedEvents:
        """The events in the outbox, as a person sees them."""
        return PostgresUnpublishedEvents(self._statements)

    @property
    def stale_statuses(self) -> PostgresStaleStatuses:
        """The stale statuses."""
        return PostgresStaleStatuses(self._statements)

    @property
    def visits(self) -> PostgresVisits:
        """The visits."""
        return PostgresVisits(self._statements)

    @property
    def watermarks(self) -> PostgresWatermarks:
        """How far the sweep of each shop has come."""
        return PostgresWatermarks(self._statements)

    @property
    def funnel(self) -> PostgresFunnelNumbers:
        """What the funnel is counted from."""
        return PostgresFunnelNumbers(self._statements)

    @property
    def retention(self) -> PostgresRetention:
        """What was kept for long enough."""
        return PostgresRetention(self._statements)

    @property
    def merchant_keys(self) -> PostgresMerchantKeys:
        """The merchants' keys."""
        return PostgresMerchantKeys(self._statements)

    @property
    def redactions(self) -> PostgresRedactions:
        """The redactions."""
        return PostgresRedactions(self._statements)

    @property
    def customer_records(self) -> PostgresCustomerRecords:
        """What is kept of a customer."""
        return PostgresCustomerRecords(self._statements)

    @property
    def merchant_records(self) -> PostgresMerchantRecords:
        """What is kept of a merchant."""
        return PostgresMerchantRecords(self._statements)

    @property
    def privacy_requests(self) -> PostgresPrivacyRequests:
        """The privacy requests."""
        return PostgresPrivacyRequests(self._statements)

    @property
    def privacy_work(self) -> PostgresPrivacyWork:
        """The redactions that wait for a worker."""
        return PostgresPrivacyWork(self._statements)
