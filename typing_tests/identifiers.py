"""Identifiers are strings that cannot be mistaken for each other."""

from __future__ import annotations

from typing import assert_type

from referrals_domain.model.code import CodeKey, ReferralCode
from referrals_domain.model.identifiers import (
    CustomerId,
    CustomerKey,
    EventId,
    LinkId,
    LinkKey,
    MerchantId,
    OrderId,
    OrderKey,
    ReferralId,
    ReferralKey,
)


def identifiers_keep_their_type(merchant_id: MerchantId, order_id: OrderId) -> None:
    """Whatever makes an identifier returns that kind of identifier."""
    assert_type(MerchantId("acme"), MerchantId)
    assert_type(LinkId("11111111-1111-4111-8111-111111111111"), LinkId)
    assert_type(ReferralId.of_order(merchant_id, order_id), ReferralId)
    assert_type(ReferralCode.read("friend-0000-0000-12"), ReferralCode)
    assert_type(ReferralCode.of_number(1), ReferralCode)
    text: str = merchant_id
    assert_type(text.upper(), str)


def events_have_ids(referral_id: ReferralId) -> None:
    """An event's id comes from its referral."""
    assert_type(EventId.of_change(referral_id, "referral.completed", 2), EventId)


def keys_name_their_parts(order: OrderKey, referral: ReferralKey, code: CodeKey) -> None:
    """A key is a merchant and what it names."""
    assert_type(order.merchant_id, MerchantId)
    assert_type(order.order_id, OrderId)
    assert_type(referral.referral_id, ReferralId)
    assert_type(code.code, ReferralCode)


def what_was_not_checked_is_no_identifier(merchant_id: MerchantId, link_id: LinkId) -> None:
    """Neither a plain string nor another identifier passes."""
    LinkKey(merchant_id, "11111111-1111-4111-8111-111111111111")  # type: ignore[arg-type]
    LinkKey(link_id, link_id)  # type: ignore[arg-type]
    CustomerKey(merchant_id, merchant_id)  # type: ignore[arg-type]
    OrderKey(merchant_id, CustomerId("7002"))  # type: ignore[arg-type]


def one_key_is_not_another(link: LinkKey) -> None:
    """A key of a link is not one of a referral, though both are pairs."""
    referral: ReferralKey = link  # type: ignore[assignment]
    del referral
