"""What the use cases take and return that time, operators and Shopify's privacy calls ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import TYPE_CHECKING, assert_type

from referrals_domain.model.delivery import HeldDelivery, Receipt, Topic
from referrals_domain.model.privacy import CustomerRecord, PrivacyRequest, PrivacyTopic
from referrals_domain.model.reconciliation import Drift
from referrals_domain.ports.unpublished_events import UnpublishedEvent
from referrals_domain.use_cases.check_statuses import CheckStatuses, Finding

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import CustomerKey, ShopDomain
    from referrals_domain.model.privacy import PrivacyCall, PrivacyNotice
    from referrals_domain.use_cases.carry_out_redactions import CarryOutRedactions
    from referrals_domain.use_cases.complete_due_holds import CompleteDueHolds
    from referrals_domain.use_cases.expire_referrals import ExpireReferrals
    from referrals_domain.use_cases.export_customer_data import ExportCustomerData
    from referrals_domain.use_cases.forget_old import ForgetOld
    from referrals_domain.use_cases.keep_subscriptions import KeepSubscriptions
    from referrals_domain.use_cases.list_held import ListHeld
    from referrals_domain.use_cases.list_privacy_requests import ListPrivacyRequests
    from referrals_domain.use_cases.list_unpublished import ListUnpublished
    from referrals_domain.use_cases.reconcile_shop import ReconcileShop
    from referrals_domain.use_cases.release_held import ReleaseHeld
    from referrals_domain.use_cases.replay_invalidations import ReplayInvalidations
    from referrals_domain.use_cases.retry_refused import RetryRefused
    from referrals_domain.use_cases.switch_program_off import SwitchProgramOff
    from referrals_domain.use_cases.take_privacy_call import TakePrivacyCall


async def what_time_moves_on(
    complete: CompleteDueHolds, expire: ExpireReferrals, forget: ForgetOld
) -> None:
    """Each takes a limit and says how many it did."""
    assert_type(await complete(100), int)
    assert_type(await expire(100), int)
    assert_type(await forget(100), int)
    await forget()  # type: ignore[call-arg]


async def the_cache(check: CheckStatuses, replay: ReplayInvalidations) -> None:
    """Checks are findings, invalidations a number."""
    assert_type(await check(100), Sequence[Finding])
    assert_type(await replay(100), int)


async def what_waits_for_a_person(
    held: ListHeld, release: ReleaseHeld, unpublished: ListUnpublished, retry: RetryRefused
) -> None:
    """Rows are named by number; what was among them comes back."""
    assert_type(await held(), Sequence[HeldDelivery])
    assert_type(await release([1]), Collection[int])
    assert_type(await unpublished(waiting=True), Sequence[UnpublishedEvent])
    assert_type(await retry({1}), Collection[int])
    await release(1)  # type: ignore[arg-type]
    await unpublished(True)  # type: ignore[call-arg]  # noqa: FBT003 - it is refused


async def a_shop(
    reconcile: ReconcileShop, keep: KeepSubscriptions, off: SwitchProgramOff, shop: ShopDomain
) -> None:
    """A sweep tells what it found as it goes; nothing is awaited before the loop."""
    assert_type(reconcile(shop, dry_run=True), AsyncIterator[Drift])
    async for drift in reconcile(shop):
        assert_type(drift, Drift)
    assert_type(await keep(shop), Sequence[Topic | PrivacyTopic])
    assert_type(await off(shop, "acme.myshopify.com"), Receipt)
    await keep("acme.myshopify.com")  # type: ignore[arg-type]


async def a_person_who_asks(  # noqa: PLR0913 - what may be asked
    take: TakePrivacyCall,
    carry_out: CarryOutRedactions,
    list_: ListPrivacyRequests,
    export: ExportCustomerData,
    *,
    notice: PrivacyNotice,
    call: PrivacyCall,
    customer: CustomerKey,
) -> None:
    """Shopify asks in a shop's name, a person in a merchant's."""
    assert_type(await take.of_shop(notice), Receipt)
    assert_type(await take.of_merchant(customer.merchant_id, call), Receipt)
    assert_type(await carry_out(1), int)
    assert_type(await list_(), Sequence[PrivacyRequest])
    assert_type(await export(customer), CustomerRecord)
    await take.of_shop(call)  # type: ignore[arg-type]
    await export(customer.customer_id)  # type: ignore[arg-type]
