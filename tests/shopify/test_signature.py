"""Only what one of our secrets signed counts, whatever the headers hold."""

import hashlib
import hmac
from base64 import b64decode, b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referrals_adapters.shopify.signature import is_signed, sign

BODY = b'{"id":6200407294252}'
SECRETS = ("current", "previous")
GOOD = sign(BODY, "current")


def test_the_signature_is_that_of_the_standard_library_and_of_openssl() -> None:
    by_the_book = b64encode(hmac.new(b"current", BODY, hashlib.sha256).digest())

    # printf '{"id":6200407294252}' | openssl dgst -sha256 -hmac current -binary | base64
    assert GOOD == by_the_book == b"t0VeuyTn/zqCokk1AIpliMSf5Br3UbckbRqxUyS0oYU="


@pytest.mark.parametrize("secret", SECRETS)
def test_either_secret_counts_while_one_rotates(secret: str) -> None:
    assert is_signed(BODY, [sign(BODY, secret)], SECRETS)


def test_a_rotated_out_secret_counts_no_more() -> None:
    assert not is_signed(BODY, [sign(BODY, "previous")], ("current",))


def _same_digest_spelt_otherwise() -> bytes:
    """Change the two bits of the last symbol that decoding ignores."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = alphabet.index(GOOD[42])
    return GOOD[:42] + bytes([alphabet[last ^ 1]]) + b"="


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([], id="no header"),
        pytest.param([GOOD, GOOD], id="the header twice"),
        pytest.param([GOOD, b""], id="a second, empty header"),
        pytest.param([sign(BODY, "other"), GOOD], id="a wrong and a right header"),
        pytest.param([b""], id="empty"),
        pytest.param([GOOD[:43]], id="one short"),
        pytest.param([GOOD + b"="], id="one long"),
        pytest.param([GOOD.rstrip(b"=")], id="no padding"),
        pytest.param([b" " + GOOD], id="a blank before"),
        pytest.param([GOOD + b"\n"], id="a line end"),
        pytest.param([GOOD + b", " + GOOD], id="joined by a proxy"),
        pytest.param([GOOD.lower()], id="lower case"),
        pytest.param([b"!" + GOOD], id="junk before, which decoding skips"),
        pytest.param([GOOD[:20] + b"\x00.\xff" + GOOD[20:]], id="junk within"),
        pytest.param([GOOD[:43] + b"!="], id="junk before the padding"),
        pytest.param([GOOD[:43] + b"\xff"], id="44 with a byte beyond ASCII"),
        pytest.param([b"\xc3\xa9" * 22], id="44 bytes of UTF-8"),
        pytest.param([b"\x00" * 44], id="44 zero bytes"),
        pytest.param([b"=" * 44], id="44 paddings"),
        pytest.param([_same_digest_spelt_otherwise()], id="the same digest spelt otherwise"),
        pytest.param([sign(BODY, "other")], id="another secret"),
        pytest.param([sign(BODY, "")], id="no secret"),
        pytest.param([sign(BODY + b" ", "current")], id="another body"),
        pytest.param([b64encode(hashlib.sha256(BODY).digest())], id="a bare digest"),
        pytest.param([hmac.new(b"current", BODY, hashlib.sha256).hexdigest().encode()], id="hex"),
    ],
)
def test_anything_else_is_refused(values: list[bytes]) -> None:
    assert not is_signed(BODY, values, SECRETS)


def test_the_table_really_holds_the_same_digest_spelt_otherwise() -> None:
    assert b64decode(_same_digest_spelt_otherwise()) == b64decode(GOOD)


def test_no_secret_means_nothing_is_signed() -> None:
    assert not is_signed(BODY, [GOOD], ())


@settings(deadline=None)
@given(values=st.lists(st.binary(max_size=60) | st.binary(min_size=44, max_size=44), max_size=3))
def test_no_header_makes_it_raise_or_pass(values: list[bytes]) -> None:
    assert not is_signed(BODY, values, SECRETS)


@settings(deadline=None)
@given(body=st.binary(max_size=200), secret=st.text(min_size=1, max_size=40))
def test_what_is_signed_verifies_and_a_changed_body_does_not(body: bytes, secret: str) -> None:
    try:
        secret.encode()
    except UnicodeEncodeError:
        return

    assert is_signed(body, [sign(body, secret)], (secret,))
    assert not is_signed(body + b"\x00", [sign(body, secret)], (secret,))
