"""The messages that are published are those that the contract describes, and no others."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals_adapters.wire.events import event_message
from referrals_domain.model.events import EventAttribution, ReferralEvent
from referrals_domain.model.identifiers import CustomerId, LinkId, MerchantId, OrderId, ReferralId
from referrals_domain.model.link import Channel
from referrals_domain.model.money import Money
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.model.signals import Source
from referrals_domain.testing import builders
from tests.domain.strategies import MODEST, codes
from tests.events.contract import Contract, of_parts, parts

if TYPE_CHECKING:
    from referrals_adapters.wire.events import Message

CONTRACT: Final = Contract.read()
EXACT: Final = CONTRACT.exact()
MESSAGES: Final = tuple(
    event_message(event) for event in (builders.referral_completed(), builders.referral_reversed())
)

_ids: Final = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
_uuids: Final = st.uuids().map(str)
_facts: Final = st.fixed_dictionaries(
    {
        "referral_id": _uuids.map(ReferralId),
        "merchant_id": _ids.map(MerchantId),
        "customer_id": _ids.map(CustomerId),
        "referred_customer_id": _ids.map(CustomerId),
        "referral_link_id": _uuids.map(LinkId),
        "channel": st.none() | st.sampled_from(Channel),
        "order_id": st.integers(0, 10**20 - 1).map(str).map(OrderId),
        "order_total": st.builds(
            Money,
            st.integers(0, 2**63 - 1),
            st.sampled_from(["USD", "JPY", "KWD", "CLF"]),  # 2, 0, 3 and 4 decimals
        ),
        "version": st.integers(2, 2**31 - 1),
        "occurred_at": st.datetimes(timezones=st.just(UTC)),
        "attribution": st.builds(EventAttribution, st.sampled_from(Source), codes),
        "cause": st.sampled_from(Cause),
    }
)
_other: Final = st.sampled_from([one for one in ReferralStatus if one != "COMPLETED"])


@MODEST
@given(facts=_facts, other=_other)
def test_whatever_happens_its_message_keeps_the_contract(
    facts: dict[str, Any], other: ReferralStatus
) -> None:
    done = ReferralStatus.COMPLETED
    for event in (
        builders.referral_completed(**facts, from_status=other, status=done),
        builders.referral_reversed(**facts, from_status=done, status=other),
    ):
        message = event_message(event)
        assert EXACT.faults(message) == []
        said = parts(message)
        assert said["key"] == said["data"]["referral_id"]
        assert said["headers"]["ce_type"] == message.topic
        assert said["headers"]["ce_time"] == said["data"]["occurred_at"]


def test_there_is_a_message_of_every_kind_of_event() -> None:
    assert {one.topic for one in MESSAGES} == {one.type for one in ReferralEvent.__subclasses__()}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: one.topic)
@pytest.mark.parametrize(
    "path", ["data", "data.order_total", "data.attribution", "headers"], ids=str
)
def test_a_field_more_or_less_or_renamed_is_seen(message: Message, path: str) -> None:
    for name in at(parts(message), path):
        less, renamed = parts(message), parts(message)
        del at(less, path)[name]
        at(renamed, path)[f"{name}_"] = at(renamed, path).pop(name)
        assert CONTRACT.faults(of_parts(message.topic, **less))
        assert CONTRACT.faults(of_parts(message.topic, **renamed))
    more = parts(message)
    at(more, path)["new"] = "1"
    assert EXACT.faults(of_parts(message.topic, **more))
    assert not CONTRACT.faults(of_parts(message.topic, **more)), "consumers ignore what is new"


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: one.topic)
@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("data.referral_id", "1"),
        ("data.merchant_id", ""),
        ("data.customer_id", 7001),
        ("data.referred_customer_id", None),
        ("data.referral_link_id", "not-a-uuid"),
        ("data.channel", 1),
        ("data.order_id", 6200407294252),
        ("data.order_total.amount", "1E+2"),
        ("data.order_total.amount", 67.1),
        ("data.order_total.currency", "usd"),
        ("data.from_status", None),
        ("data.status", None),
        ("data.version", "2"),
        ("data.version", 0),
        ("data.occurred_at", "2026-11-20T15:15:28"),
        ("data.occurred_at", "yesterday"),
        ("data.attribution.signal", None),
        ("data.attribution.code", "IIIIIIIIII"),
        ("data.cause", None),
        ("headers.ce_specversion", "0.3"),
        ("headers.ce_id", "1"),
        ("headers.ce_source", "/points"),
        ("headers.ce_type", "points.rewarded"),
        ("headers.ce_time", "yesterday"),
        ("headers.content-type", "text/plain"),
    ],
)
def test_a_value_of_another_kind_is_seen(message: Message, path: str, wrong: object) -> None:
    changed = parts(message)
    where, _, name = path.rpartition(".")
    at(changed, where)[name] = wrong
    faults = CONTRACT.faults(of_parts(message.topic, **changed))
    assert faults
    assert all(fault.startswith((f"{path}:", f"{where}['{name}']:")) for fault in faults)


def test_the_key_is_a_referral() -> None:
    message = MESSAGES[0]
    assert CONTRACT.faults(of_parts(message.topic, **{**parts(message), "key": "acme"}))


def test_neither_topic_takes_the_other_ones_messages() -> None:
    for message, other in zip(MESSAGES, reversed(MESSAGES), strict=True):
        faults = CONTRACT.faults(of_parts(other.topic, **parts(message)))
        assert {fault.split(":")[0] for fault in faults} > {"headers.ce_type"}


def at(tree: dict[str, Any], path: str) -> dict[str, Any]:
    """Return what stands at a path."""
    for name in path.split("."):
        tree = tree[name]
    return tree
