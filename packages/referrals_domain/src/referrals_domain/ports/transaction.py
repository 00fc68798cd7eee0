"""One transaction over everything that is stored."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol, Self

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


class Transaction(Protocol):
    """
    One transaction over everything that is stored.

    Leaving the `async with` block without `commit` changes nothing. To keep out of deadlocks,
    hold merchants, then lock orders, then links, then referrals.

    Raises:
        Unavailable: The database does not answer; from entering and from every call.
    """

    @abstractmethod
    async def __aenter__(self) -> Self:
        """Begin."""

    @abstractmethod
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Roll back whatever was not committed."""

    @abstractmethod
    async def commit(self) -> None:
        """
        Make all of it durable and visible at once.

        Raises:
            Unavailable: The outcome is unknown; doing the whole again must be safe.
        """

    @property
    @abstractmethod
    def links(self) -> ReferralLinks:
        """The referral links."""

    @property
    @abstractmethod
    def referrals(self) -> Referrals:
        """The referrals."""

    @property
    @abstractmethod
    def history(self) -> ReferralHistory:
        """The history of the referrals."""

    @property
    @abstractmethod
    def listing(self) -> ReferralListing:
        """The referrals, a page at a time."""

    @property
    @abstractmethod
    def due(self) -> DueReferrals:
        """The referrals that time alone moves on."""

    @property
    @abstractmethod
    def conversions(self) -> Conversions:
        """The conversions."""

    @property
    @abstractmethod
    def addresses(self) -> Addresses:
        """The addresses that orders came from."""

    @property
    @abstractmethod
    def orders(self) -> ReferredOrders:
        """The orders."""

    @property
    @abstractmethod
    def programs(self) -> Programs:
        """The programs."""

    @property
    @abstractmethod
    def requests(self) -> Requests:
        """The calls that may be repeated."""

    @property
    @abstractmethod
    def deliveries(self) -> Deliveries:
        """The deliveries."""

    @property
    @abstractmethod
    def held(self) -> HeldDeliveries:
        """The held deliveries."""

    @property
    @abstractmethod
    def quarantine(self) -> Quarantine:
        """The unreadable bodies."""

    @property
    @abstractmethod
    def outbox(self) -> Outbox:
        """The outbox."""

    @property
    @abstractmethod
    def unpublished(self) -> UnpublishedEvents:
        """The events in the outbox, as a person sees them."""

    @property
    @abstractmethod
    def stale_statuses(self) -> StaleStatuses:
        """The stale statuses."""

    @property
    @abstractmethod
    def visits(self) -> Visits:
        """The visits."""

    @property
    @abstractmethod
    def watermarks(self) -> Watermarks:
        """How far the sweep of each shop has come."""

    @property
    @abstractmethod
    def funnel(self) -> FunnelNumbers:
        """What the funnel is counted from."""

    @property
    @abstractmethod
    def retention(self) -> Retention:
        """What was kept for long enough."""

    @property
    @abstractmethod
    def merchant_keys(self) -> MerchantKeys:
        """The merchants' keys."""

    @property
    @abstractmethod
    def redactions(self) -> Redactions:
        """The redactions."""

    @property
    @abstractmethod
    def customer_records(self) -> CustomerRecords:
        """What is kept of a customer."""

    @property
    @abstractmethod
    def merchant_records(self) -> MerchantRecords:
        """What is kept of a merchant."""

    @property
    @abstractmethod
    def privacy_requests(self) -> PrivacyRequests:
        """The privacy requests."""

    @property
    @abstractmethod
    def privacy_work(self) -> PrivacyWork:
        """The redactions that wait for a worker."""
