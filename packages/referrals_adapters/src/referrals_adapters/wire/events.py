"""
Events as consumers read them.

CloudEvents 1.0, binary mode: attributes travel in `ce_` headers, the data is JSON.
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import attrs
import msgspec

if TYPE_CHECKING:
    from datetime import datetime

    from referrals_domain.model.events import ReferralEvent
    from referrals_domain.model.identifiers import EventId

SOURCE: Final = "/referrals"
CONTENT_TYPE: Final = "application/json"

_SPECVERSION: Final = ("ce_specversion", b"1.0")
_SOURCE: Final = ("ce_source", SOURCE.encode())
_CONTENT_TYPE: Final = ("content-type", CONTENT_TYPE.encode())
_ENCODER: Final = msgspec.json.Encoder(enc_hook=str)  # identifiers are strings


@attrs.frozen(kw_only=True)
class Message:
    """
    An event as it lies on Kafka; `docs/events/asyncapi.yaml` says what consumers may rely on.

    Args:
        topic: The event's type.
        key: The referral, by which events are ordered.
        headers: The attributes of the CloudEvent.
        value: The event's data.
    """

    topic: str
    key: bytes
    headers: Sequence[tuple[str, bytes]]
    value: bytes


def event_message(event: ReferralEvent) -> Message:
    """Return the message that tells of an event, as a consumer's test gets it without a broker."""
    return Message(
        topic=event.type,
        key=event.referral_id.encode(),
        headers=event_headers(event.id, event.type, event.occurred_at),
        value=event_data(event),
    )


def event_data(event: ReferralEvent) -> bytes:
    """Return the data of an event: ids only, and enough for an audit line."""
    data = {
        "referral_id": event.referral_id,
        "merchant_id": event.merchant_id,
        "customer_id": event.customer_id,
        "referred_customer_id": event.referred_customer_id,
        "referral_link_id": event.referral_link_id,
        "channel": event.channel,
        "order_id": event.order_id,
        "order_total": {
            "amount": event.order_total.amount,
            "currency": event.order_total.currency,
        },
        "from_status": event.from_status,
        "status": event.status,
        "version": event.version,
        "occurred_at": event.occurred_at.isoformat(),
        "attribution": {"signal": event.attribution.signal, "code": event.attribution.code},
        "cause": event.cause,
    }
    return _ENCODER.encode(data)


def renamed(data: bytes, customer_id: str, tombstone: str) -> bytes:
    """Return the data of an event with a tombstone in place of a customer, in whatever role."""
    fields = msgspec.json.decode(data)
    for role in ("customer_id", "referred_customer_id"):
        if fields[role] == customer_id:
            fields[role] = tombstone
    return _ENCODER.encode(fields)


def event_headers(
    event_id: EventId, event_type: str, occurred_at: datetime
) -> list[tuple[str, bytes]]:
    """Return the CloudEvents attributes of an event as Kafka headers."""
    return [
        _SPECVERSION,
        ("ce_id", event_id.encode()),
        _SOURCE,
        ("ce_type", event_type.encode()),
        ("ce_time", occurred_at.isoformat().encode()),
        _CONTENT_TYPE,
    ]
