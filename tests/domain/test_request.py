"""A call that is repeated is known by its fingerprint, in every release."""

from __future__ import annotations

import pytest

from referrals_domain.errors import RequestReused
from referrals_domain.model.request import fingerprint
from referrals_domain.testing import builders


def test_a_fingerprint_stays_what_it_is_from_one_release_to_the_next() -> None:
    assert (
        fingerprint("share_link", "1", "sms").hex()
        == "cc163a5721b372e11b1e209d78acd8c26017b2fea151f383ef50c72a72318dc7"
    )


def test_a_call_that_asks_for_the_same_may_be_repeated() -> None:
    builders.request().require_same(builders.request(created_at=builders.PLACED_AT))


@pytest.mark.parametrize(
    "call", [("share_link", "1"), ("share_link", "1sms"), ("other", "1", "sms")]
)
def test_one_that_asks_for_something_else_may_not(call: tuple[str, ...]) -> None:
    first = builders.request(fingerprint=fingerprint("share_link", "1", "sms"))
    with pytest.raises(RequestReused, match=r"^an earlier call .* asked for something else$"):
        builders.request(fingerprint=fingerprint(*call)).require_same(first)
