"""What requests name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.translate.enums import channel_of, review_verdict_of
from referrals_adapters.grpc.translate.fields import REQUIRED, InvalidFields, Violation, read
from referrals_domain.model.code import CodeKey, ReferralCode
from referrals_domain.model.identifiers import (
    CustomerId,
    CustomerKey,
    LinkId,
    LinkKey,
    MerchantId,
    ReferralId,
    ReferralKey,
    RequestId,
)

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from referrals_domain.model.link import Channel
    from referrals_domain.model.review import ReviewVerdict


def merchant_of(request: Message) -> MerchantId | None:
    """
    Return the merchant that a request of whatever kind is about; None: its kind names none.

    Raises:
        InvalidFields: It is missing or malformed.
    """
    if isinstance(request, pb.PutProgramRequest):
        return read("program.merchant_id", request.program.merchant_id, MerchantId)
    text = getattr(request, "merchant_id", None)
    return read("merchant_id", text, MerchantId) if isinstance(text, str) else None


def merchant_named(request: pb.GetProgramRequest) -> MerchantId:
    """
    Return the merchant whose program is asked for.

    Raises:
        InvalidFields: It is missing or malformed.
    """
    return read("merchant_id", request.merchant_id, MerchantId)


def referral_named(
    request: pb.GetReferralStatusRequest | pb.GetReferralRequest | pb.ReviewReferralRequest,
) -> ReferralKey:
    """
    Return the referral that is asked about.

    Raises:
        InvalidFields: An id is missing or malformed.
    """
    return ReferralKey(
        read("merchant_id", request.merchant_id, MerchantId),
        read("referral_id", request.referral_id, ReferralId),
    )


def verdict_given(request: pb.ReviewReferralRequest) -> ReviewVerdict:
    """
    Return what is decided about the referral.

    Raises:
        InvalidFields: The verdict is missing or unknown.
    """
    return read("verdict", request.verdict, review_verdict_of)


def advocate_named(request: pb.CreateReferralLinkRequest) -> CustomerKey:
    """
    Return the advocate who wants their link.

    Raises:
        InvalidFields: An id is missing or malformed.
    """
    return _customer(request)


def customer_named(request: pb.ExportCustomerDataRequest) -> CustomerKey:
    """
    Return the customer whose data is asked for.

    Raises:
        InvalidFields: An id is missing or malformed.
    """
    return _customer(request)


def link_named(request: pb.GetReferralLinkRequest) -> LinkKey | CodeKey:
    """
    Return what names the link that is asked for: its id, or its code as a person wrote it.

    Raises:
        InvalidFields: An id is missing or malformed, or the text holds no code.
    """
    merchant_id = read("merchant_id", request.merchant_id, MerchantId)
    match request.WhichOneof("link"):
        case "referral_link_id":
            link_id = read("referral_link_id", request.referral_link_id, LinkId)
            return LinkKey(merchant_id, link_id)
        case "code":
            return CodeKey(merchant_id, read("code", request.code, ReferralCode.read))
        case None:
            raise InvalidFields([Violation("link", REQUIRED)])


def link_revoked(request: pb.RevokeReferralLinkRequest) -> LinkKey:
    """
    Return the link that is to be revoked.

    Raises:
        InvalidFields: An id is missing or malformed.
    """
    return _link(request)


def share_named(request: pb.ShareLinkRequest) -> tuple[LinkKey, Channel]:
    """
    Return the link that is shared, and how.

    Raises:
        InvalidFields: An id is missing or malformed, or the channel is missing or unknown.
    """
    return _link(request), read("channel", request.channel, channel_of)


def request_named(request: pb.CreateReferralLinkRequest | pb.ShareLinkRequest) -> RequestId | None:
    """
    Return what the call is named, to be repeated; None: nothing.

    Raises:
        InvalidFields: The id is malformed.
    """
    text = request.request_id
    return read("request_id", text, RequestId) if text else None


def _link(request: pb.RevokeReferralLinkRequest | pb.ShareLinkRequest) -> LinkKey:
    return LinkKey(
        read("merchant_id", request.merchant_id, MerchantId),
        read("referral_link_id", request.referral_link_id, LinkId),
    )


def _customer(
    request: pb.CreateReferralLinkRequest | pb.ExportCustomerDataRequest,
) -> CustomerKey:
    return CustomerKey(
        read("merchant_id", request.merchant_id, MerchantId),
        read("customer_id", request.customer_id, CustomerId),
    )
