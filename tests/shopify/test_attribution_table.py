"""Every cell of the tables in `docs/attribution.md` holds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from referrals_adapters.shopify.payloads import read_order
from referrals_domain.model.attribution import Attribution, attribute
from referrals_domain.model.code import CodeKey, ReferralCode
from referrals_domain.model.identifiers import CustomerId, LinkId, MerchantId, OrderId
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.model.signals import Source
from referrals_domain.testing import builders
from tests.domain.world import World

if TYPE_CHECKING:
    from referrals_domain.model.order import OrderFacts

BodyOf = Callable[..., bytes]

PAGE: Final = Path(__file__).parents[2] / "docs/attribution.md"
FOREIGN: Final = ReferralCode.of_number(1)
UNKNOWN: Final = ReferralCode.of_number(2)
OTHER: Final = ReferralCode.of_number(3)
REVOKED: Final = ReferralCode.of_number(4)
TEXTS: Final[Mapping[str, str]] = {
    "malformed": "SUMMER10",
    "foreign": FOREIGN,
    "unknown": UNKNOWN,
    "ours": builders.CODE,
    "other": OTHER,
    "revoked": REVOKED,
}
LINKS: Final = [
    builders.link(),
    builders.link(
        id=LinkId(f"{3:08}-0000-4000-8000-000000000000"),
        code=OTHER,
        customer_id=CustomerId("7010"),
    ),
    builders.link(
        id=LinkId(f"{4:08}-0000-4000-8000-000000000000"),
        code=REVOKED,
        customer_id=CustomerId("7011"),
        revoked_at=builders.PLACED_AT - timedelta(days=1),
    ),
    builders.link(merchant_id=MerchantId("other"), code=FOREIGN),
]


@attrs.frozen(kw_only=True)
class State:
    """A row of the table of states."""

    name: str
    is_signal: bool
    names_a_link: bool
    status: ReferralStatus | None


def _rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading, without its head."""
    section = PAGE.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\| (.*?) ?\|$", section, re.MULTILINE)
    return [re.split(r" *\| ?", line) for line in lines[1:]]


STATES: Final = {
    name: State(
        name=name,
        is_signal=signal == "yes",
        names_a_link=link == "yes",
        status=ReferralStatus(outcome.strip("`")) if outcome else None,
    )
    for name, _, signal, link, outcome in _rows("What a source is worth")
}


def _field(source: Source, text: str) -> Any:
    match source:
        case Source.NOTE_ATTRIBUTES:
            return [{"name": "ref", "value": text}]
        case Source.DISCOUNT_CODES:
            return [{"code": text, "amount": "6.90", "type": "percentage"}]
        case Source.LANDING_SITE:
            return f"/products/serum?ref={text}&utm_source=x"
        case Source.LANDING_SITE_REF:
            return text
        case Source.REFERRING_SITE:
            return f"https://blog.example/?r={text}"


def _body(bare: BodyOf, states: Mapping[Source, str]) -> bytes:
    named = {source: TEXTS[state] for source, state in states.items() if state != "absent"}
    return bare(**{source.value: _field(source, text) for source, text in named.items()})


def test_the_page_names_every_source_and_every_state() -> None:
    sources = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)
    assert sources == list(Source)
    assert STATES.keys() == {"absent", *TEXTS}


def test_every_combination_of_states_over_the_sources_has_the_winner_that_the_page_says(
    bare: BodyOf,
) -> None:
    links = {CodeKey(link.merchant_id, link.code): link for link in LINKS}
    for combination in product(STATES.values(), repeat=len(Source)):
        states = dict(zip(Source, combination, strict=True))
        facts = read_order(_body(bare, {one: state.name for one, state in states.items()})).facts
        found = attribute(builders.MERCHANT, facts.signals, links=links, shares={})
        assert _sources(found, facts) == _expected(states), states


def _sources(found: Attribution | None, facts: OrderFacts) -> tuple[Source | None, list[Source]]:
    """Return the source that won, and those that it won against."""
    if found is None:
        return None, [signal.source for signal in facts.signals]
    return found.winner.source, [signal.source for signal in found.beaten]


def _expected(states: Mapping[Source, State]) -> tuple[Source | None, list[Source]]:
    signals = [source for source, state in states.items() if state.is_signal]
    winner = next((source for source in signals if states[source].names_a_link), None)
    return winner, [source for source in signals if source is not winner]


@pytest.mark.parametrize("source", Source)
@pytest.mark.parametrize("state", STATES.values(), ids=lambda state: state.name)
@pytest.mark.parametrize("weaker", [None, "ours", "other"])
async def test_what_a_state_leads_to_alone_and_above_a_weaker_signal(
    bare: BodyOf, source: Source, state: State, weaker: str | None
) -> None:
    below = next(iter(list(Source)[source.rank + 1 :]), None)
    states = {source: state.name} | ({below: weaker} if below and weaker else {})
    world = await _settled(_body(bare, states))
    status = state.status or (ReferralStatus.COMPLETED if below and weaker else None)
    if status is None:
        assert world.order(ORDER) is None
    else:
        assert world.referral_of(ORDER).status is status


# Orders of their own kind.

ORDER: Final = OrderId("6200407294252")
KINDS: Final = {row[0]: row[2] for row in _rows("Orders of their own kind")}


def _signed_up(kind: str) -> dict[str, Any]:
    by_attribute = {"note_attributes": _field(Source.NOTE_ATTRIBUTES, builders.CODE)}
    by_discount = {"discount_codes": _field(Source.DISCOUNT_CODES, builders.CODE)}
    return {
        "express": {**by_attribute, "landing_site": "/wallets/checkouts.json"},
        "draft": {**by_discount, "source_name": "shopify_draft_order", "landing_site": None},
        "pos": {**by_discount, "source_name": "pos", "landing_site": None},
        "subscription": {**by_attribute, "source_name": "subscription_contract"},
        "lookalike": {"discount_codes": _field(Source.DISCOUNT_CODES, UNKNOWN)},
    }[kind]


@pytest.mark.parametrize("kind", KINDS)
async def test_orders_of_their_own_kind(bare: BodyOf, kind: str) -> None:
    world = await _settled(bare(**_signed_up(kind)))
    if kind == "lookalike":
        assert world.order(ORDER) is None
    else:
        assert world.referral_of(ORDER).status is ReferralStatus.COMPLETED


async def test_a_renewal_is_refused_with_the_cause_that_the_page_names(bare: BodyOf) -> None:
    body = _signed_up("subscription")
    world = await _settled(bare(**body))
    renewal = json.loads(bare(**body)) | {"id": 6200407294253}
    await _deliver(world, json.dumps(renewal).encode())
    referral = world.referral_of(OrderId("6200407294253"))
    assert (referral.status, referral.cause) == (
        *(ReferralStatus.REJECTED, Cause.FRIEND_ALREADY_REFERRED),
    )
    assert f"`{referral.cause}`" in KINDS["subscription"]


async def _settled(body: bytes) -> World:
    world = World()
    await world.set_up(links=LINKS, shares=())
    facts = read_order(body).facts
    assert facts.customer_id
    for customer in (facts.customer_id, CustomerId("7010"), CustomerId("7011")):
        key = builders.order(facts=builders.facts()).friend
        assert key
        world.core.known[key._replace(customer_id=customer)] = builders.standing(
            known=customer != facts.customer_id
        )
    await _deliver(world, body)
    return world


async def _deliver(world: World, body: bytes) -> None:
    await world.deliver(read_order(body).facts)
    await world.work()
