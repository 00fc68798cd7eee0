"""Referrals as the service's API listed them, from a file that was saved."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from referrals_domain.model.identifiers import (
    CustomerId,
    LinkId,
    MerchantId,
    OrderId,
    ReferralId,
)
from referrals_domain.model.link import Channel
from referrals_domain.model.referral import Cause, Referral, ReferralStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class UnreadableAnswer(Exception):
    """A line is no answer of ListReferrals."""


def read_answers(lines: Iterable[str]) -> Iterator[Referral]:
    """
    Yield the referrals of answers of ListReferrals, a line each, as the gateway gives them.

    Raises:
        UnreadableAnswer: A line is none.
    """
    for number, line in enumerate(lines, start=1):
        try:
            yield from [_referral(one) for one in json.loads(line).get("referrals", [])]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UnreadableAnswer(f"line {number} is no answer of ListReferrals") from error


def _referral(message: dict[str, Any]) -> Referral:
    """Return what a message says; protobuf leaves out what is empty."""
    friend, order = message.get("referred_customer_id"), message.get("order_id")
    due = message.get("due_time")
    return Referral(
        id=ReferralId(message["id"]),
        merchant_id=MerchantId(message["merchant_id"]),
        customer_id=CustomerId(message["customer_id"]),
        referral_link_id=LinkId(message["referral_link_id"]),
        channel=_channel(message.get("channel", "CHANNEL_UNSPECIFIED")),
        status=ReferralStatus(message["status"].removeprefix("REFERRAL_STATUS_")),
        cause=Cause(message["cause"]),
        version=int(message["version"]),
        opened_at=_time(message["create_time"]),
        updated_at=_time(message["update_time"]),
        order_id=OrderId(order) if order else None,
        referred_customer_id=CustomerId(friend) if friend else None,
        due_at=_time(due) if due else None,
    )


def _channel(name: str) -> Channel | None:
    word = name.removeprefix("CHANNEL_").lower()
    return None if word == "unspecified" else Channel(word)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
