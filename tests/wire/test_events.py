"""An event has the fields that consumers rely on, and nothing about a person but ids."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_adapters.wire.events import event_data, event_headers
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from referrals_domain.model.events import ReferralEvent

AT: Final = datetime(2026, 11, 20, 15, 15, 30, 250_000, UTC)
COMPLETED: Final = builders.referral_completed(occurred_at=AT)
REVERSED: Final = builders.referral_reversed(occurred_at=AT)


def test_the_data_of_an_event() -> None:
    assert json.loads(event_data(COMPLETED)) == {
        "referral_id": "22222222-2222-4222-8222-222222222222",
        "merchant_id": "acme",
        "customer_id": "7001",
        "referred_customer_id": "7002",
        "referral_link_id": "11111111-1111-4111-8111-111111111111",
        "channel": "sms",
        "order_id": "6200407294252",
        "order_total": {"amount": "67.10", "currency": "USD"},
        "from_status": "PENDING",
        "status": "COMPLETED",
        "version": 2,
        "occurred_at": "2026-11-20T15:15:30.250000+00:00",
        "attribution": {"signal": "note_attributes", "code": str(builders.CODE)},
        "cause": "order_created",
    }


@pytest.mark.parametrize("event", [COMPLETED, REVERSED])
def test_the_data_has_every_field_of_the_event_and_no_other(event: ReferralEvent) -> None:
    data = json.loads(event_data(event))
    assert data.keys() == {field.name for field in attrs.fields(type(event))}
    assert data["attribution"].keys() == {"signal", "code"}
    assert data["order_total"].keys() == {"amount", "currency"}


def test_an_unknown_channel_is_null() -> None:
    data = json.loads(event_data(attrs.evolve(COMPLETED, channel=None)))
    assert data["channel"] is None


def test_the_same_event_has_the_same_bytes() -> None:
    assert event_data(COMPLETED) == event_data(attrs.evolve(COMPLETED))


@pytest.mark.parametrize(
    ("event", "topic"), [(COMPLETED, "referral.completed"), (REVERSED, "referral.reversed")]
)
def test_the_headers_are_the_attributes_of_a_cloud_event(event: ReferralEvent, topic: str) -> None:
    assert event_headers(event.id, event.type, event.occurred_at) == [
        ("ce_specversion", b"1.0"),
        ("ce_id", event.id.encode()),
        ("ce_source", b"/referrals"),
        ("ce_type", topic.encode()),
        ("ce_time", b"2026-11-20T15:15:30.250000+00:00"),
        ("content-type", b"application/json"),
    ]


def test_the_same_change_has_the_same_id_and_another_change_another() -> None:
    assert attrs.evolve(COMPLETED, occurred_at=datetime.now(UTC)).id == COMPLETED.id
    assert attrs.evolve(COMPLETED, version=4).id != COMPLETED.id
    assert attrs.evolve(REVERSED, version=2).id != COMPLETED.id
