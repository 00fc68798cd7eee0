"""The contract is a good AsyncAPI document, and says of the model what is so."""

from __future__ import annotations

import re
import warnings
from copy import deepcopy
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import pytest
from jsonschema import Draft7Validator

from referrals_domain.model.events import ReferralEvent
from referrals_domain.model.link import Channel
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.model.signals import Source
from tests.deployment.composition import services
from tests.events.contract import Contract, nodes

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRACT: Final = Contract.read()


@pytest.fixture(scope="module")
def understood() -> Callable[[Any], object]:
    """What reads a document, and refuses one that AsyncAPI 3 does not allow."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it has fields that shadow pydantic's
        model = import_module("asyncapi3.models.asyncapi").AsyncAPI3
    read: Callable[[Any], object] = model.model_validate
    return read


def test_it_is_a_document_of_asyncapi_3(understood: Callable[[Any], object]) -> None:
    understood(CONTRACT.document)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(asyncapi="2.6.0"),
        lambda d: d["info"].pop("version"),
        lambda d: d.update(chanels=d.pop("channels")),
        lambda d: d["channels"]["referralCompleted"].update(adress="referral.completed"),
        lambda d: d["channels"]["referralCompleted"]["bindings"]["kafka"].update(retention=1),
        lambda d: d["operations"]["publishCompleted"].update(action="publish"),
        lambda d: d["operations"]["publishCompleted"].pop("channel"),
        lambda d: d["components"]["messages"]["referralCompleted"].update(data={}),
    ],
)
def test_a_mistake_in_it_is_seen(
    understood: Callable[[Any], object], spoil: Callable[[Any], object]
) -> None:
    document = deepcopy(CONTRACT.document)
    spoil(document)
    with pytest.raises(ValueError, match="validation error"):
        understood(document)


def test_every_reference_leads_somewhere() -> None:
    references = [node for node in nodes(CONTRACT.document) if "$ref" in node]
    assert references
    for reference in references:
        assert CONTRACT.resolved(reference)


@pytest.mark.parametrize("part", ["key", "headers", "data"])
def test_every_schema_is_one_and_its_examples_follow_it(part: str) -> None:
    for kind in ReferralEvent.__subclasses__():
        schema = CONTRACT.schemas(kind.type)[part]
        Draft7Validator.check_schema(CONTRACT.validator(schema).schema)
    for node in nodes(CONTRACT.document["components"]["schemas"]):
        for example in node.get("examples", ()):
            assert not list(CONTRACT.validator(node).iter_errors(example))


def test_every_kind_of_event_has_a_channel_and_is_sent() -> None:
    kinds = {kind.type for kind in ReferralEvent.__subclasses__()}
    channels = CONTRACT.document["channels"]
    sent = [CONTRACT.resolved(one["channel"]) for one in CONTRACT.document["operations"].values()]
    assert {channel["address"] for channel in channels.values()} == kinds
    assert {channel["address"] for channel in sent} == kinds
    for channel in channels.values():
        ((message),) = channel["messages"].values()
        assert CONTRACT.resolved(message)["name"] == channel["address"]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("channel", {*Channel, None}),
        ("from_status", {*ReferralStatus}),
        ("status", {*ReferralStatus} - {"PENDING", "EXPIRED"}),  # no order has them
        ("signal", {*Source}),
        ("cause", {*Cause} - {"link_shared", "order_placed", "no_order"}),  # neither
    ],
)
def test_every_value_that_consumers_may_meet_is_listed(
    field: str, values: set[str | None]
) -> None:
    (listed,) = (
        node["properties"][field]["examples"]
        for node in nodes(CONTRACT.document["components"]["schemas"])
        if field in node.get("properties", ())
    )
    assert len(listed) == len(values)
    assert set(listed) == values


def test_topics_are_made_to_keep_messages_as_long_as_it_says() -> None:
    (made,) = re.findall(r"--config retention\.ms=(\d+)", services()["topics"]["command"][-1])
    for channel in CONTRACT.document["channels"].values():
        kept = channel["bindings"]["kafka"]["topicConfiguration"]["retention.ms"]
        assert kept == int(made)
        assert f"{kept // 86_400_000} days" in CONTRACT.document["info"]["description"]
