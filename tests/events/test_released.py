"""What was released stays true: a change that would break a consumer is seen before they are."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.events.contract import RELEASED, Contract
from tests.events.promises import broken

if TYPE_CHECKING:
    from collections.abc import Callable

NOW: Final = Contract.read().document
PROMISED: Final = Contract.read(RELEASED).document
WHAT_TO_DO: Final = """
This breaks consumers of the events. Leave the released fields as they are and add new ones, or
publish the new form under a type and topic of its own, such as referral.completed.v2, beside the
old. Once no consumer reads what is gone, copy asyncapi.yaml over released.yaml.
"""


def test_nothing_that_was_released_is_broken() -> None:
    breaks = broken(PROMISED, NOW)
    assert not breaks, "\n".join([WHAT_TO_DO, *breaks])


def test_a_version_says_the_same_for_ever() -> None:
    assert NOW == PROMISED or NOW["info"]["version"] != PROMISED["info"]["version"]


def of_event(document: dict[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = document["components"]["schemas"]["referralEvent"]
    return event


def field(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = of_event(document)["properties"][name]
    return found


def headers(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]["headers"]
    return found


def renamed(fields: dict[str, Any], name: str, new: str) -> None:
    fields[new] = fields.pop(name)


BREAKING: Final[dict[str, Callable[[Any], object]]] = {
    "a field is gone": lambda d: of_event(d)["properties"].pop("order_id"),
    "a field is renamed": lambda d: renamed(of_event(d)["properties"], "cause", "reason"),
    "a field is optional": lambda d: of_event(d)["required"].remove("channel"),
    "a field in a field is optional": lambda d: field(d, "order_total")["required"].pop(),
    "a field has another type": lambda d: field(d, "version").update(type="string"),
    "a field may be null": lambda d: field(d, "cause").update(type=["string", "null"]),
    "a field has no form": lambda d: field(d, "order_id").pop("pattern"),
    "a field has another form": lambda d: field(d, "referral_id").update(format="uri"),
    "a field may be less": lambda d: field(d, "version").update(minimum=0),
    "a header is gone": lambda d: headers(d)["properties"].pop("ce_id"),
    "a header is optional": lambda d: headers(d)["required"].remove("ce_time"),
    "a topic is renamed": lambda d: d["channels"]["referralReversed"].update(address="undone"),
    "a topic is gone": lambda d: d["channels"].pop("referralReversed"),
    "a topic is shorter": lambda d: d["channels"]["referralCompleted"]["bindings"]["kafka"][
        "topicConfiguration"
    ].update({"retention.ms": 1}),
    "a topic has other messages": lambda d: d["channels"]["referralCompleted"]["messages"].update(
        referralCompleted={"$ref": "#/components/messages/referralReversed"}
    ),
    "a completion may have another status": lambda d: d["components"]["messages"][
        "referralCompleted"
    ]["payload"]["allOf"].pop(),
    "the key is another": lambda d: d["components"]["messages"]["referralCompleted"]["bindings"][
        "kafka"
    ].update(key={"type": "string"}),
}
HARMLESS: Final[dict[str, Callable[[Any], object]]] = {
    "a field is new": lambda d: of_event(d)["properties"].update(discount={"type": "string"}),
    "a field is new and always there": lambda d: (
        of_event(d)["properties"].update(discount={"type": "string"}),
        of_event(d)["required"].append("discount"),
    ),
    "a channel is new": lambda d: field(d, "channel")["examples"].append("fax"),
    "a text is better": lambda d: field(d, "cause").update(description="Why."),
    "a form is stricter": lambda d: field(d, "version").update(maximum=9),
    "a header is new": lambda d: headers(d)["properties"].update(ce_subject={"type": "string"}),
    "a topic is new": lambda d: d["channels"].update(referralCompletedV2={"address": "v2"}),
    "the version is another": lambda d: d["info"].update(version="99.0.0"),
}


@pytest.mark.parametrize("change", BREAKING.values(), ids=BREAKING)
def test_a_change_that_breaks_a_consumer_is_seen(change: Callable[[Any], object]) -> None:
    changed = deepcopy(NOW)
    change(changed)
    assert broken(NOW, changed)


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_a_change_that_breaks_nobody_passes(change: Callable[[Any], object]) -> None:
    changed = deepcopy(NOW)
    change(changed)
    assert changed != NOW
    assert broken(NOW, changed) == []


def test_a_field_is_no_remark_whatever_its_name() -> None:
    before = {"properties": {"title": {"type": "string"}}}
    assert broken(before, {"properties": {}}) == ["#/properties/title is gone"]
