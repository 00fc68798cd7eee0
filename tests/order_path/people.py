"""Advocates with their links and shares, and friends who order: as many as a test needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from referrals_domain.model.code import ReferralCode
from referrals_domain.model.identifiers import CustomerId, LinkId, OrderId, ReferralId
from referrals_domain.testing import builders
from tests.webhook.orders import WITHOUT_SIGNAL, order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.link import ReferralLink
    from referrals_domain.model.referral import Referral


def advocate(number: int) -> CustomerId:
    return CustomerId(f"7{number:04}")


def friend(number: int) -> CustomerId:
    return CustomerId(f"8{number:04}")


def order_id(number: int) -> OrderId:
    return OrderId(str(6_000_000_000_000 + number))


def link(number: int, **changes: Any) -> ReferralLink:
    """Return the link of an advocate."""
    return builders.link(
        **{
            "id": LinkId(f"11111111-1111-4111-8111-{number:012}"),
            "customer_id": advocate(number),
            "code": ReferralCode.of_number(number),
            **changes,
        }
    )


def share(number: int, of: ReferralLink) -> Referral:
    """Return the referral of a share of a link."""
    return builders.referral(
        id=ReferralId(f"22222222-2222-4222-8222-{number:012}"),
        merchant_id=of.merchant_id,
        customer_id=of.customer_id,
        referral_link_id=of.id,
    )


def signals(link: ReferralLink, share: Referral | None = None) -> dict[str, Any]:
    """Return the fields of an order that names a link, and perhaps a share of it."""
    named = {"ref": link.code, **({"share": share.id} if share else {})}
    notes = [{"name": name, "value": value} for name, value in named.items()]
    return {**WITHOUT_SIGNAL, "note_attributes": notes}


def body(number: int, buyer: CustomerId, signals: Mapping[str, Any], **changes: Any) -> bytes:
    """Return an order of a buyer."""
    return order(id=int(order_id(number)), customer={"id": int(buyer)}, **signals, **changes)
