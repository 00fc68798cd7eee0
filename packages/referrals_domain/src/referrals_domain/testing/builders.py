"""
One good object of each kind; a test changes only what it is about.

They fit together: the order of `facts` carries the signal of the share that `referral` is.

>>> order = facts(cancelled_at=PLACED_AT)
>>> (order.signals[0].share == referral().id, order.customer_id == FRIEND)
(True, True)
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs

from referrals_domain.model.attribution import Attribution
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.delivery import AcceptedDelivery, Delivery, Topic, UnreadableBody
from referrals_domain.model.events import EventAttribution, ReferralCompleted, ReferralReversed
from referrals_domain.model.evidence import CustomerStanding, Evidence
from referrals_domain.model.explanation import Explanation, RuleVerdict, Verdict
from referrals_domain.model.identifiers import (
    AddressDigest,
    CustomerId,
    LinkId,
    MerchantId,
    OrderId,
    ReferralId,
    RequestId,
    ShopDomain,
)
from referrals_domain.model.link import Channel, ReferralLink
from referrals_domain.model.money import Money
from referrals_domain.model.order import Buyer, OrderFacts, OrderSnapshot, ReferredOrder
from referrals_domain.model.program import ReferralProgram
from referrals_domain.model.referral import Cause, Referral, ReferralStatus
from referrals_domain.model.request import Request, fingerprint
from referrals_domain.model.rules import Case
from referrals_domain.model.signals import Signal, Source

MERCHANT: Final = MerchantId("acme")
SHOP: Final = ShopDomain("acme.myshopify.com")
ADVOCATE: Final = CustomerId("7001")
FRIEND: Final = CustomerId("7002")
ORDER: Final = OrderId("6200407294252")
LINK: Final = LinkId("11111111-1111-4111-8111-111111111111")
REFERRAL: Final = ReferralId("22222222-2222-4222-8222-222222222222")
REQUEST: Final = RequestId("66666666-6666-4666-8666-666666666666")
CODE: Final = ReferralCode.of_number(4711)
ADDRESS: Final = AddressDigest("0a" * 16)
SHARED_AT: Final = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
PLACED_AT: Final = datetime(2026, 11, 20, 15, 15, 28, tzinfo=UTC)


def program(**changes: Any) -> ReferralProgram:
    """Return a program that completes on the order, at once."""
    return attrs.evolve(
        ReferralProgram(
            merchant_id=MERCHANT,
            shop_domain=SHOP,
            storefront_url="https://acme.example",
            code_prefix="FRIEND",
        ),
        **changes,
    )


def link(**changes: Any) -> ReferralLink:
    """Return the advocate's link."""
    return attrs.evolve(
        ReferralLink(
            id=LINK,
            merchant_id=MERCHANT,
            customer_id=ADVOCATE,
            code=CODE,
            created_at=SHARED_AT - timedelta(days=1),
        ),
        **changes,
    )


def referral(**changes: Any) -> Referral:
    """Return the referral of a share by SMS."""
    return attrs.evolve(
        Referral.open(
            link(), id=REFERRAL, channel=Channel.SMS, cause=Cause.LINK_SHARED, at=SHARED_AT
        ),
        **changes,
    )


def referral_in_review(**changes: Any) -> Referral:
    """Return the referral once the friend's order bound it, and a rule marked the order."""
    return referral(
        **{
            "status": ReferralStatus.QUALIFIED,
            "cause": Cause.IN_REVIEW,
            "version": 2,
            "order_id": ORDER,
            "referred_customer_id": FRIEND,
            **changes,
        }
    )


def signal(**changes: Any) -> Signal:
    """Return the signal that the share leaves on the order."""
    return attrs.evolve(
        Signal(source=Source.NOTE_ATTRIBUTES, code=CODE, share=REFERRAL, channel=Channel.SMS),
        **changes,
    )


def facts(**changes: Any) -> OrderFacts:
    """Return the facts of the friend's paid order."""
    return attrs.evolve(
        OrderFacts(
            order_id=ORDER,
            snapshot=OrderSnapshot(updated_at=PLACED_AT, total=Money(6710, "USD")),
            buyer=Buyer(updated_at=PLACED_AT, customer_id=FRIEND),
            signals=(signal(),),
            placed_at=PLACED_AT,
            paid_at=PLACED_AT,
        ),
        **changes,
    )


def facts_from(address: AddressDigest | None, **changes: Any) -> OrderFacts:
    """Return the facts of an order that came from an address."""
    snapshot = OrderSnapshot(updated_at=PLACED_AT, total=Money(6710, "USD"), address=address)
    return facts(snapshot=snapshot, **changes)


def evidence(**changes: Any) -> Evidence:
    """Return answers that let the order pass: a known advocate and a new friend."""
    return attrs.evolve(
        Evidence(
            merchant_valid=True,
            customers={ADVOCATE: standing(frequency=3), FRIEND: standing(known=False)},
        ),
        **changes,
    )


def standing(**changes: Any) -> CustomerStanding:
    """Return the standing of a customer with one order."""
    return attrs.evolve(
        CustomerStanding(known=True, answered_at=PLACED_AT + timedelta(seconds=2), frequency=1),
        **changes,
    )


def case(**changes: Any) -> Case:
    """Return a case that no rule refuses and that completes at once."""
    return attrs.evolve(
        Case(
            facts=facts(),
            snapshot=OrderSnapshot(updated_at=PLACED_AT, total=Money(6710, "USD")),
            placed_at=PLACED_AT,
            link=link(),
            referral=referral(),
            program=program(),
            evidence=evidence(),
            friend_taken=False,
        ),
        **changes,
    )


def explanation(**changes: Any) -> Explanation:
    """Return the explanation of an order that one rule refused, with a rule that was not asked."""
    return attrs.evolve(
        Explanation(
            decided_at=PLACED_AT + timedelta(seconds=3),
            program_version=1,
            verdicts=(
                RuleVerdict("order_is_not_a_test", Verdict.REFUSED, Cause.TEST_ORDER),
                RuleVerdict("friend_is_named", Verdict.PASSED),
                RuleVerdict("merchant_is_valid", Verdict.NOT_ASKED),
            ),
        ),
        **changes,
    )


def order(**changes: Any) -> ReferredOrder:
    """Return the friend's order before it is attributed."""
    return attrs.evolve(ReferredOrder(merchant_id=MERCHANT, facts=facts()), **changes)


def order_in_review(**changes: Any) -> ReferredOrder:
    """Return the order of the referral in review: it went beyond a cap of one."""
    return order(
        **{
            "evidence": evidence(advocate_conversions=1),
            "attribution": Attribution(referral_link_id=LINK, winner=signal()),
            "referral_id": REFERRAL,
            **changes,
        }
    )


def request(**changes: Any) -> Request:
    """Return the request that the link be shared by SMS."""
    return attrs.evolve(
        Request(
            merchant_id=MERCHANT,
            id=REQUEST,
            fingerprint=fingerprint("share_link", LINK, Channel.SMS),
            resource_id=REFERRAL,
            created_at=SHARED_AT,
        ),
        **changes,
    )


def delivery(**changes: Any) -> Delivery:
    """Return the delivery of the friend's order."""
    return attrs.evolve(
        Delivery(
            topic=Topic.ORDERS_CREATE,
            shop_domain=SHOP,
            named_host=None,
            facts=facts(),
            received_at=PLACED_AT + timedelta(seconds=1),
        ),
        **changes,
    )


def accepted_delivery(**changes: Any) -> AcceptedDelivery:
    """Return the delivery of the friend's order once its merchant is known."""
    return attrs.evolve(
        AcceptedDelivery(
            merchant_id=MERCHANT,
            topic=Topic.ORDERS_CREATE,
            facts=facts(),
            received_at=PLACED_AT + timedelta(seconds=1),
        ),
        **changes,
    )


def unreadable_body(**changes: Any) -> UnreadableBody:
    """Return a body that is no order."""
    return attrs.evolve(
        UnreadableBody(
            topic=Topic.ORDERS_CREATE,
            shop=SHOP,
            body=b"{\x00",
            reason="not JSON",
            received_at=PLACED_AT,
        ),
        **changes,
    )


def referral_completed(**changes: Any) -> ReferralCompleted:
    """Return the event that the friend's order completed the referral."""
    return attrs.evolve(
        ReferralCompleted(
            referral_id=REFERRAL,
            merchant_id=MERCHANT,
            customer_id=ADVOCATE,
            referred_customer_id=FRIEND,
            referral_link_id=LINK,
            channel=Channel.SMS,
            order_id=ORDER,
            order_total=Money(6710, "USD"),
            from_status=ReferralStatus.PENDING,
            status=ReferralStatus.COMPLETED,
            version=2,
            occurred_at=PLACED_AT + timedelta(seconds=2),
            attribution=EventAttribution(Source.NOTE_ATTRIBUTES, CODE),
            cause=Cause.ORDER_CREATED,
        ),
        **changes,
    )


def referral_reversed(**changes: Any) -> ReferralReversed:
    """Return the event that the friend's order was cancelled a day later."""
    was = referral_completed()
    return ReferralReversed(
        **{
            **attrs.asdict(was, recurse=False),
            "from_status": ReferralStatus.COMPLETED,
            "status": ReferralStatus.REVERSED,
            "version": 3,
            "occurred_at": was.occurred_at + timedelta(days=1),
            "cause": Cause.ORDER_CANCELLED,
            **changes,
        }
    )
