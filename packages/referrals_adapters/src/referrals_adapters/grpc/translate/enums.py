"""The enumerations of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_domain.model.explanation import Verdict
from referrals_domain.model.link import Channel
from referrals_domain.model.program import CompleteOn
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.model.review import ReviewVerdict
from referrals_domain.model.signals import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUSES: Final[Mapping[ReferralStatus, pb.ReferralStatus.ValueType]] = {
    ReferralStatus.PENDING: pb.REFERRAL_STATUS_PENDING,
    ReferralStatus.QUALIFIED: pb.REFERRAL_STATUS_QUALIFIED,
    ReferralStatus.COMPLETED: pb.REFERRAL_STATUS_COMPLETED,
    ReferralStatus.EXPIRED: pb.REFERRAL_STATUS_EXPIRED,
    ReferralStatus.REJECTED: pb.REFERRAL_STATUS_REJECTED,
    ReferralStatus.REVERSED: pb.REFERRAL_STATUS_REVERSED,
}

CHANNELS: Final[Mapping[Channel, pb.Channel.ValueType]] = {
    Channel.SMS: pb.CHANNEL_SMS,
    Channel.EMAIL: pb.CHANNEL_EMAIL,
    Channel.WHATSAPP: pb.CHANNEL_WHATSAPP,
    Channel.SOCIAL: pb.CHANNEL_SOCIAL,
    Channel.COPY: pb.CHANNEL_COPY,
    Channel.QR: pb.CHANNEL_QR,
}

MOMENTS: Final[Mapping[CompleteOn, pb.CompleteOn.ValueType]] = {
    CompleteOn.ORDER_CREATED: pb.COMPLETE_ON_ORDER_CREATED,
    CompleteOn.ORDER_PAID: pb.COMPLETE_ON_ORDER_PAID,
}

SOURCES: Final[Mapping[Source, pb.SignalSource.ValueType]] = {
    Source.NOTE_ATTRIBUTES: pb.SIGNAL_SOURCE_NOTE_ATTRIBUTES,
    Source.DISCOUNT_CODES: pb.SIGNAL_SOURCE_DISCOUNT_CODES,
    Source.LANDING_SITE: pb.SIGNAL_SOURCE_LANDING_SITE,
    Source.LANDING_SITE_REF: pb.SIGNAL_SOURCE_LANDING_SITE_REF,
    Source.REFERRING_SITE: pb.SIGNAL_SOURCE_REFERRING_SITE,
}

VERDICTS: Final[Mapping[Verdict, pb.Verdict.ValueType]] = {
    Verdict.PASSED: pb.VERDICT_PASSED,
    Verdict.REFUSED: pb.VERDICT_REFUSED,
    Verdict.MARKED: pb.VERDICT_MARKED,
    Verdict.NOT_ASKED: pb.VERDICT_NOT_ASKED,
}

REVIEW_VERDICTS: Final[Mapping[ReviewVerdict, pb.ReviewVerdict.ValueType]] = {
    ReviewVerdict.APPROVED: pb.REVIEW_VERDICT_APPROVED,
    ReviewVerdict.DENIED: pb.REVIEW_VERDICT_DENIED,
}

_STATUS_OF: Final = {value: status for status, value in STATUSES.items()}
_CHANNEL_OF: Final = {value: channel for channel, value in CHANNELS.items()}
_REVIEW_VERDICT_OF: Final = {value: verdict for verdict, value in REVIEW_VERDICTS.items()}
_MOMENT_OF: Final = {value: moment for moment, value in MOMENTS.items()}


def status_wanted(value: pb.ReferralStatus.ValueType) -> ReferralStatus | None:
    """
    Return the status that is asked for; None: any.

    Raises:
        ValueError: It is one that nobody knows.
    """
    if not value:
        return None
    if value not in _STATUS_OF:
        raise ValueError("is one of the known statuses")
    return _STATUS_OF[value]


def channel_of(value: pb.Channel.ValueType) -> Channel:
    """
    Return the channel that a link is shared by.

    Raises:
        ValueError: None is given, or one that nobody knows.
    """
    if value not in _CHANNEL_OF:
        raise ValueError("is one of the known channels" if value else "is required")
    return _CHANNEL_OF[value]


def review_verdict_of(value: pb.ReviewVerdict.ValueType) -> ReviewVerdict:
    """
    Return what a person decided.

    Raises:
        ValueError: None is given, or one that nobody knows.
    """
    if value not in _REVIEW_VERDICT_OF:
        raise ValueError("is one of the known verdicts" if value else "is required")
    return _REVIEW_VERDICT_OF[value]


def moment_of(value: pb.CompleteOn.ValueType) -> CompleteOn:
    """
    Return what completes a referral.

    Raises:
        ValueError: It is one that nobody knows.
    """
    if value not in _MOMENT_OF:
        raise ValueError("is one of the known moments")
    return _MOMENT_OF[value]
