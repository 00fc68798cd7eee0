"""Why a referral stands where it does, as a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.translate.enums import CHANNELS, REVIEW_VERDICTS, SOURCES, VERDICTS
from referrals_adapters.grpc.translate.times import timestamp

if TYPE_CHECKING:
    from referrals_domain.model.evidence import Evidence
    from referrals_domain.model.explanation import RuleVerdict
    from referrals_domain.model.identifiers import CustomerId
    from referrals_domain.model.order import ReferredOrder
    from referrals_domain.model.review import Review
    from referrals_domain.model.signals import Signal


def explanation_message(order: ReferredOrder, advocate: CustomerId) -> pb.Explanation:
    """Return what is known of an order that was attributed to an advocate's link."""
    attribution, explanation = order.attribution, order.explanation
    return pb.Explanation(
        signals=map(_signal, order.facts.signals),
        winner=_signal(attribution.winner) if attribution else None,
        beaten=map(_signal, attribution.beaten if attribution else ()),
        verdicts=map(_verdict, explanation.verdicts if explanation else ()),
        evidence=_evidence(order.evidence, advocate=advocate, friend=order.facts.customer_id),
        program_version=explanation.program_version if explanation else 0,
        decide_time=timestamp(explanation.decided_at) if explanation else None,
    )


def _signal(signal: Signal) -> pb.Signal:
    return pb.Signal(
        source=SOURCES[signal.source],
        code=signal.code or "",
        referral_id=signal.share or "",
        channel=CHANNELS[signal.channel] if signal.channel else pb.CHANNEL_UNSPECIFIED,
    )


def _verdict(said: RuleVerdict) -> pb.RuleVerdict:
    return pb.RuleVerdict(rule=said.rule, verdict=VERDICTS[said.verdict], cause=said.cause or "")


def _evidence(
    evidence: Evidence, *, advocate: CustomerId, friend: CustomerId | None
) -> pb.Evidence:
    return pb.Evidence(
        merchant_valid=evidence.merchant_valid,
        advocate=_standing(evidence, advocate),
        friend=_standing(evidence, friend) if friend else None,
        advocate_conversions=evidence.advocate_conversions,
        review=_review(evidence.review) if evidence.review else None,
        shared_address=evidence.address.shared if evidence.address else None,
    )


def _standing(evidence: Evidence, customer_id: CustomerId) -> pb.CustomerStanding | None:
    standing = evidence.customers.get(customer_id)
    if standing is None:
        return None
    first = standing.first_order_time
    return pb.CustomerStanding(
        customer_id=customer_id,
        known=standing.known,
        frequency=standing.frequency,
        first_order_time=timestamp(first) if first else None,
        answer_time=timestamp(standing.answered_at),
    )


def _review(review: Review) -> pb.Review:
    return pb.Review(verdict=REVIEW_VERDICTS[review.verdict], review_time=timestamp(review.at))
