"""What the use cases take and return."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, assert_type

from referrals_domain.errors import ReferralsError
from referrals_domain.model.delivery import Receipt
from referrals_domain.model.funnel import Conversion
from referrals_domain.model.link import Channel, ReferralLink
from referrals_domain.model.order import ReferredOrder
from referrals_domain.model.program import ReferralProgram
from referrals_domain.model.referral import Place, Referral, StatusView
from referrals_domain.model.visit import Visit
from referrals_domain.use_cases.complete_orders import CompleteOrders
from referrals_domain.use_cases.create_referral_link import CreateReferralLink
from referrals_domain.use_cases.share_links import Share, SharedLink, ShareLinks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from referrals_domain.model.code import CodeKey
    from referrals_domain.model.delivery import Delivery
    from referrals_domain.model.identifiers import CustomerId, LinkKey, MerchantId, ReferralKey
    from referrals_domain.model.link_url import LinkUrl
    from referrals_domain.model.review import ReviewVerdict
    from referrals_domain.ports.clock import Clock
    from referrals_domain.ports.customer_validator import CustomerValidator
    from referrals_domain.ports.ids import Ids
    from referrals_domain.ports.merchant_validator import MerchantValidator
    from referrals_domain.ports.referral_listing import Selection
    from referrals_domain.ports.status_cache import StatusCache
    from referrals_domain.ports.transaction import Transaction
    from referrals_domain.use_cases.accept_deliveries import AcceptDeliveries
    from referrals_domain.use_cases.count_visits import CountVisits
    from referrals_domain.use_cases.drain_stale_statuses import DrainStaleStatuses
    from referrals_domain.use_cases.follow_link import FollowLink
    from referrals_domain.use_cases.get_funnel import GetFunnel
    from referrals_domain.use_cases.get_program import GetProgram
    from referrals_domain.use_cases.get_referral import GetReferral
    from referrals_domain.use_cases.get_referral_link import GetReferralLink
    from referrals_domain.use_cases.get_referral_status import GetReferralStatus
    from referrals_domain.use_cases.list_referrals import ListReferrals
    from referrals_domain.use_cases.publish_events import PublishEvents
    from referrals_domain.use_cases.put_program import PutProgram
    from referrals_domain.use_cases.quarantine_bodies import QuarantineBodies
    from referrals_domain.use_cases.review_referral import ReviewReferral
    from referrals_domain.use_cases.revoke_referral_link import RevokeReferralLink

    Begin = Callable[[], Transaction]


async def programs(put: PutProgram, get: GetProgram, program: ReferralProgram) -> None:
    """A program goes in and comes out."""
    assert_type(await put(program), ReferralProgram)
    assert_type(await get(program.merchant_id), ReferralProgram)


async def links(
    begin: Begin, clock: Clock, ids: Ids, merchant_id: MerchantId, customer_id: CustomerId
) -> None:
    """Ports are handed in by name; the call names what it is about."""
    create = CreateReferralLink(begin=begin, clock=clock, ids=ids)
    link = await create(merchant_id=merchant_id, customer_id=customer_id)
    assert_type(link, ReferralLink)
    await create(merchant_id=customer_id, customer_id=customer_id)  # type: ignore[arg-type]
    CreateReferralLink(begin, clock, ids)  # type: ignore[call-arg]


async def shares(begin: Begin, clock: Clock, ids: Ids, link: LinkKey, channel: Channel) -> None:
    """A share opens a referral, and a channel is no mere word."""
    share = ShareLinks(begin=begin, clock=clock, ids=ids)
    (shared,) = await share([Share(link=link, channel=channel)])
    assert_type(shared, SharedLink | ReferralsError)
    Share(link=link, channel="sms")  # type: ignore[arg-type]
    Share(link=link, channel=channel, request_id=link.link_id)  # type: ignore[arg-type]


async def a_link_is_named_by_its_id_or_its_code(
    get: GetReferralLink, link: LinkKey, code: CodeKey, referral: ReferralKey
) -> None:
    """And by nothing else."""
    assert_type(await get(link), ReferralLink)
    assert_type(await get(code), ReferralLink)
    await get(referral)  # type: ignore[arg-type]


async def a_referral_is_explained_by_its_order(get: GetReferral, key: ReferralKey) -> None:
    """Which may be missing."""
    explained = await get(key)
    assert_type(explained.referral, Referral)
    assert_type(explained.order, ReferredOrder | None)


async def a_review_is_a_verdict(
    review: ReviewReferral, key: ReferralKey, verdict: ReviewVerdict
) -> None:
    """And no mere word."""
    assert_type(await review(key, verdict), Referral)
    await review(key, "approved")  # type: ignore[arg-type]


async def a_list_has_pages(list_: ListReferrals, selection: Selection) -> None:
    """Which say where the next one begins, if there is one."""
    page = await list_(selection, after=None, size=50)
    assert_type(page.referrals, Sequence[Referral])
    assert_type(page.last, Place | None)


async def a_funnel_may_lack_a_conversion(get: GetFunnel, merchant_id: MerchantId) -> None:
    """Where there are no shares."""
    for channel in (await get(merchant_id)).channels:
        assert_type(channel.channel, Channel | None)
        assert_type(channel.conversion, Conversion | None)


async def a_link_is_revoked_by_its_id(
    revoke: RevokeReferralLink, link: LinkKey, code: CodeKey
) -> None:
    """And not by its code."""
    assert_type(await revoke(link), ReferralLink)
    await revoke(code)  # type: ignore[arg-type]


async def a_status_is_never_missing(get: GetReferralStatus, key: ReferralKey) -> None:
    """What does not exist raises."""
    assert_type(await get(key), StatusView)


async def the_order_path(  # noqa: PLR0913 - as many as the use case has ports
    *,
    begin: Begin,
    auth: MerchantValidator,
    core: CustomerValidator,
    cache: StatusCache,
    clock: Clock,
    retry_after: Callable[[int], timedelta],
) -> None:
    """A limit goes in, and how many were worked off comes out."""
    complete = CompleteOrders(
        begin=begin,
        merchants=auth,
        customers=core,
        cache=cache,
        clock=clock,
        retry_after=retry_after,
    )
    assert_type(await complete(100), int)
    complete.clock = clock  # type: ignore[misc]


async def the_door(
    accept: AcceptDeliveries, keep: QuarantineBodies, deliveries: Sequence[Delivery]
) -> None:
    """Each delivery has its receipt."""
    assert_type(await accept(deliveries), Sequence[Receipt])
    await keep(deliveries)  # type: ignore[arg-type]


async def a_friend(
    follow: FollowLink, count: CountVisits, url: LinkUrl, numbers: Mapping[Visit, int]
) -> None:
    """A URL leads somewhere, and that may be a visit."""
    landing = await follow(url)
    assert_type(landing.url, str)
    assert_type(landing.visit, Visit | None)
    await count(numbers)
    await follow("https://go.example")  # type: ignore[arg-type]


async def the_relay_and_the_janitor(publish: PublishEvents, drain: DrainStaleStatuses) -> None:
    """Both say how many they did."""
    assert_type(await publish(100), int)
    assert_type(await drain(100), int)
