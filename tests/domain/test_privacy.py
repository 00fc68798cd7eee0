"""What makes tombstones, and what tells one request from another."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from referrals_domain.model.evidence import Answers, Questions
from referrals_domain.model.identifiers import CustomerId, CustomerKey, MerchantId, OrderId
from referrals_domain.model.mentions import Mentions
from referrals_domain.model.merchant_key import MerchantKey
from referrals_domain.model.privacy import PrivacyCall, PrivacyKind
from referrals_domain.testing import builders

KEY = MerchantKey(bytes(range(32)))
OTHER_KEY = MerchantKey(bytes(32))
CALL = PrivacyCall(
    kind=PrivacyKind.CUSTOMER_REDACT,
    customer_id=builders.FRIEND,
    orders=frozenset({builders.ORDER}),
    contacts=frozenset({"jo@x.example"}),
    received_at=builders.PLACED_AT,
)
FRIEND = CustomerKey(builders.MERCHANT, builders.FRIEND)
STONE = CustomerKey(builders.MERCHANT, KEY.tombstone(builders.FRIEND))


def test_a_tombstone_is_the_same_for_the_same_person_of_a_merchant() -> None:
    tombstone = KEY.tombstone(builders.FRIEND)
    assert tombstone.is_tombstone
    assert tombstone == KEY.tombstone(builders.FRIEND) == KEY.tombstone(tombstone)
    others = {KEY.tombstone(builders.ADVOCATE), OTHER_KEY.tombstone(builders.FRIEND)}
    assert tombstone not in others


def test_a_tombstone_stays_what_it_is_from_one_release_to_the_next() -> None:
    assert MerchantKey(bytes(32)).tombstone(CustomerId("7001")) == (
        "redacted-3313b4213212e0567ed1cd985aefa029"
    )
    assert KEY.digest("one", "two") == "bdddfa88255d61e8f2bf20a215838512"


@pytest.mark.parametrize("text", ["7001", "redacted-1", "redacted-" + "G" * 32, "x" * 41])
def test_what_only_looks_like_a_tombstone_is_none(text: str) -> None:
    assert not CustomerId(text).is_tombstone


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_has_32_bytes_and_is_not_shown(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        MerchantKey(bytes(length))
    assert str(KEY.secret) not in repr(KEY)


@pytest.mark.parametrize(
    "changes",
    [
        {"customer_id": builders.ADVOCATE},
        {"orders": frozenset({OrderId("1")})},
        {"kind": PrivacyKind.DATA_REQUEST},
        {"number": "1"},
    ],
    ids=str,
)
def test_another_request_has_another_key(changes: dict[str, Any]) -> None:
    assert attrs.evolve(CALL, **changes).key(KEY) != CALL.key(KEY)
    assert CALL.key(OTHER_KEY) != CALL.key(KEY)


def test_a_repetition_has_the_same_key_whatever_the_contacts_and_the_time() -> None:
    again = attrs.evolve(CALL, contacts=frozenset(), received_at=builders.SHARED_AT)
    assert again.key(KEY) == CALL.key(KEY)


def test_a_whole_shop_is_redacted_once() -> None:
    shop = PrivacyCall(kind=PrivacyKind.SHOP_REDACT, received_at=builders.PLACED_AT)
    assert shop.key(KEY) == KEY.digest("shop_redact", "")


def test_who_asks_for_a_whole_shop_mentions_nobody() -> None:
    shop = PrivacyCall(kind=PrivacyKind.SHOP_REDACT, received_at=builders.PLACED_AT)
    assert shop.mentions == Mentions(frozenset())


def test_nothing_shows_an_email_address() -> None:
    assert "jo@x" not in repr(CALL)
    assert "jo@x" not in repr(CALL.mentions)


@pytest.mark.parametrize(
    ("body", "is_in"),
    [
        (b'{"id": 7002}', True),
        (b'"7002"', True),
        (b"70020", False),
        (b"\xff\xfe 7002", True),
        (b"Jo@X.EXAMPLE", True),
        (b'"jo\\u0040x.example"', True),
        (b'"J\\u00d6@x.example"', True),
        ("jö@x.example".encode(), True),
        (b'"\\ud83d\\ude00@x.example"', True),
        ("\N{GRINNING FACE}@x.example".encode(), True),
        (b'"\\ud83d", "ann@x.example"', False),
        (b"", False),
    ],
)
def test_a_person_is_found_as_they_are_written_or_escaped(body: bytes, *, is_in: bool) -> None:
    texts = frozenset({"jo@x.example", "JÖ@x.example", "\N{GRINNING FACE}@x.example"})
    assert Mentions(frozenset({"7002"}), texts).are_in(body) is is_in


def test_a_slash_may_be_escaped() -> None:
    assert Mentions(frozenset(), frozenset({"jo/2@x.example"})).are_in(rb'"jo\/2@x.example"')


def test_the_facts_of_a_friend_who_was_redacted_name_a_tombstone_and_no_address() -> None:
    names = {builders.FRIEND: STONE.customer_id}
    told = builders.facts_from(builders.ADDRESS).renamed(names)
    assert (told.customer_id, told.address) == (STONE.customer_id, None)
    assert told.snapshot == builders.facts().snapshot
    assert builders.facts(snapshot=None).renamed(names).customer_id == STONE.customer_id
    others = builders.facts_from(builders.ADDRESS)
    assert others.renamed({builders.ADVOCATE: STONE.customer_id}) == others


def test_questions_and_answers_follow_who_was_redacted_meanwhile() -> None:
    names, other = {FRIEND: STONE}, CustomerKey(MerchantId("other"), builders.FRIEND)
    questions = Questions(customers=frozenset({FRIEND, other})).renamed(names)
    answers = Answers(customers={FRIEND: builders.standing()}).renamed(names)
    assert questions.customers == {STONE, other}
    assert builders.evidence(customers={}).with_answers(questions, answers).customers == {
        STONE.customer_id: builders.standing()
    }
