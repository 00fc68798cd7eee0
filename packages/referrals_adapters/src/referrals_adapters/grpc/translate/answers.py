"""What answers show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.translate.enums import CHANNELS, STATUSES
from referrals_adapters.grpc.translate.explanation import explanation_message
from referrals_adapters.grpc.translate.times import timestamp
from referrals_domain.model.link_url import LinkUrl
from referrals_domain.model.summary import summary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from referrals_domain.model.link import ReferralLink
    from referrals_domain.model.order import ReferredOrder
    from referrals_domain.model.program import ReferralProgram
    from referrals_domain.model.referral import Referral, StatusView


def status_answer(view: StatusView) -> pb.GetReferralStatusResponse:
    """Return how a referral stands."""
    return pb.GetReferralStatusResponse(
        status=STATUSES[view.status],
        version=view.version,
        update_time=timestamp(view.updated_at),
        cause=view.cause,
        stale=view.stale,
    )


def link_message(link: ReferralLink, program: ReferralProgram, *, base: str) -> pb.ReferralLink:
    """Return a link of a merchant who has this program, and whose URLs begin so."""
    url = LinkUrl(merchant_id=link.merchant_id, code=link.code)
    return pb.ReferralLink(
        id=link.id,
        merchant_id=link.merchant_id,
        customer_id=link.customer_id,
        code=link.code,
        display_code=program.displayed(link.code),
        create_time=timestamp(link.created_at),
        revoke_time=timestamp(link.revoked_at) if link.revoked_at else None,
        url=url.at(base),
    )


def referral_message(referral: Referral) -> pb.Referral:
    """Return a referral."""
    channel = referral.channel
    return pb.Referral(
        id=referral.id,
        merchant_id=referral.merchant_id,
        customer_id=referral.customer_id,
        referral_link_id=referral.referral_link_id,
        channel=CHANNELS[channel] if channel else pb.CHANNEL_UNSPECIFIED,
        status=STATUSES[referral.status],
        version=referral.version,
        create_time=timestamp(referral.opened_at),
        update_time=timestamp(referral.updated_at),
        cause=referral.cause,
        referred_customer_id=referral.referred_customer_id or "",
        order_id=referral.order_id or "",
        due_time=timestamp(referral.due_at) if referral.due_at else None,
    )


def share_answer(referral: Referral, link: ReferralLink, *, base: str) -> pb.ShareLinkResponse:
    """Return the referral that a share of a link opened, and the URL to share, which begins so."""
    url = LinkUrl(
        merchant_id=link.merchant_id, code=link.code, share=referral.id, channel=referral.channel
    )
    return pb.ShareLinkResponse(referral=referral_message(referral), url=url.at(base))


def referral_answer(
    referral: Referral, order: ReferredOrder | None, visits: int, history: Iterable[StatusView]
) -> pb.GetReferralResponse:
    """Return a referral, explained by the order that it is bound to, in words, and its history."""
    return pb.GetReferralResponse(
        referral=referral_message(referral),
        explanation=explanation_message(order, referral.customer_id) if order else None,
        summary=summary(referral, order),
        visits=visits,
        history=map(_version, history),
    )


def _version(view: StatusView) -> pb.ReferralVersion:
    return pb.ReferralVersion(
        status=STATUSES[view.status],
        version=view.version,
        update_time=timestamp(view.updated_at),
        cause=view.cause,
    )
