"""Each consumer lives on what the contract promises: no more is needed, and more does not hurt."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_adapters.wire.events import event_message
from referrals_domain.testing import builders
from referrals_sandbox.neighbours.admincore import AdminCore
from referrals_sandbox.neighbours.events import Event
from referrals_sandbox.neighbours.points import Points
from referrals_sandbox.neighbours.rfm_analytics import RfmAnalytics
from tests.events.contract import Contract, nodes, of_parts, parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_adapters.wire.events import Message

CONTRACT: Final = Contract.read()
CONSUMERS: Final = ("Points", "RFM Analytics", "AdminCore")
HISTORY: Final = tuple(
    event_message(event)
    for event in (
        builders.referral_completed(),
        builders.referral_reversed(),
        builders.referral_completed(version=4, channel=None),
    )
)


def done_by(name: str, messages: Sequence[Message]) -> object:
    """Return everything that a consumer does about messages."""
    heard = [Event.of_message(dict(message.headers), message.value) for message in messages]
    points, analytics, admincore = Points(), RfmAnalytics(), AdminCore()
    match name:
        case "Points":
            said = [list(points.hear(event)) for event in heard]
            return said, list(points.entries), points.summary()
        case "RFM Analytics":
            for announced in (one for event in heard for one in points.hear(event)):
                analytics.hear(announced)
            return list(analytics.entries), analytics.summary()
        case _:
            for event in heard:
                admincore.hear(event)
            return list(admincore.entries), admincore.summary()


@pytest.mark.parametrize("name", CONSUMERS)
def test_what_is_promised_is_all_that_a_consumer_needs(name: str) -> None:
    promised = [CONTRACT.promised(message) for message in HISTORY]
    assert done_by(name, promised) == done_by(name, HISTORY)


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_consumer_ignores_what_it_does_not_know(name: str) -> None:
    assert done_by(name, [with_news(message) for message in HISTORY]) == done_by(name, HISTORY)


@pytest.mark.parametrize(
    ("field", "missed_by"),
    [
        ("referral_id", {"Points", "RFM Analytics", "AdminCore"}),
        ("merchant_id", {"Points", "RFM Analytics", "AdminCore"}),
        ("customer_id", {"Points", "RFM Analytics", "AdminCore"}),
        ("version", {"Points", "RFM Analytics"}),
        ("order_total", {"AdminCore"}),
        ("amount", {"AdminCore"}),
        ("attribution", {"AdminCore"}),
        ("cause", {"AdminCore"}),
        ("ce_id", {"Points", "RFM Analytics", "AdminCore"}),
        ("ce_type", {"Points", "RFM Analytics", "AdminCore"}),
    ],
)
@pytest.mark.parametrize("how", ["optional", "gone"])
def test_a_field_that_is_no_longer_promised_is_missed(
    field: str, missed_by: set[str], how: str
) -> None:
    document = deepcopy(CONTRACT.document)
    for node in nodes(document):
        if field in node.get("required", ()):
            node["required"].remove(field)
            if how == "gone":
                del node["properties"][field]
    promised = [attrs.evolve(CONTRACT, document=document).promised(one) for one in HISTORY]
    assert {name for name in CONSUMERS if not lives_on(name, promised)} == missed_by


def lives_on(name: str, messages: Sequence[Message]) -> bool:
    """Tell whether a consumer can act on messages at all."""
    try:
        done_by(name, messages)
    except (KeyError, ValueError):
        return False
    return True


def with_news(message: Message) -> Message:
    """Return a message of a later version, which tells more."""
    said = parts(message)
    said["headers"]["ce_new"] = "1"
    for node in (said["data"], said["data"]["order_total"], said["data"]["attribution"]):
        node["new"] = {"a": [1]}
    return of_parts(message.topic, **said)
