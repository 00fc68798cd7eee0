"""A page token says where the next page begins, to whoever asks for the same list."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC
from typing import Any, Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals_adapters.grpc.translate.page_tokens import page_token, place_of
from referrals_domain.model.identifiers import CustomerId, MerchantId, ReferralId
from referrals_domain.model.referral import Place, ReferralStatus
from referrals_domain.ports.referral_listing import Selection
from referrals_domain.testing import builders

LIST: Final = Selection(merchant_id=builders.MERCHANT, status=ReferralStatus.PENDING)
PLACE: Final = builders.referral().place

places = st.builds(
    Place, st.datetimes(timezones=st.just(UTC)), st.uuids().map(lambda id_: ReferralId(str(id_)))
)


@given(place=places)
def test_a_token_leads_back_to_its_place(place: Place) -> None:
    assert place_of(page_token(LIST, place), LIST) == place


def test_behind_the_last_page_there_is_no_token() -> None:
    assert page_token(LIST, None) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"merchant_id": MerchantId("other")},
        {"status": None},
        {"status": ReferralStatus.EXPIRED},
        {"customer_id": builders.ADVOCATE},
        {"referral_link_id": builders.LINK},
    ],
    ids=str,
)
def test_a_token_leads_nowhere_in_another_list(changes: dict[str, Any]) -> None:
    token = page_token(LIST, PLACE)
    with pytest.raises(ValueError, match="next_page_token of this list"):
        place_of(token, attrs.evolve(LIST, **changes))


def test_a_filter_that_is_not_given_is_not_one_of_that_name() -> None:
    nobody = Selection(merchant_id=builders.MERCHANT, customer_id=CustomerId("None"))
    with pytest.raises(ValueError, match="next_page_token of this list"):
        place_of(page_token(nobody, PLACE), Selection(merchant_id=builders.MERCHANT))


def test_no_character_of_a_token_may_change() -> None:
    token = page_token(LIST, PLACE)
    for place, character in enumerate(token):
        changed = token[:place] + ("A" if character != "A" else "B") + token[place + 1 :]
        with pytest.raises(ValueError, match="next_page_token of this list"):
            place_of(changed, LIST)


@pytest.mark.parametrize(
    "junk",
    [
        *("x", "\0", " ", "=" * 48, "A" * 47, "A" * 48, "A" * 10_000, "é" * 48, "*" * 48),
        urlsafe_b64encode(b"\xff" * 36).decode(),
    ],
)
def test_junk_leads_nowhere(junk: str) -> None:
    with pytest.raises(ValueError, match="next_page_token of this list"):
        place_of(junk, LIST)


@given(junk=st.text(max_size=60))
def test_any_junk_leads_nowhere(junk: str) -> None:
    with pytest.raises(ValueError, match="next_page_token of this list"):
        place_of(junk, LIST)


def test_a_token_shows_neither_merchant_nor_filter() -> None:
    token = page_token(LIST, PLACE)
    assert len(token) == 48
    assert token.replace("-", "").replace("_", "").isalnum()
