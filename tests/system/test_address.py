"""An address is read strictly, and what stands in the way of listening is told in one line."""

from __future__ import annotations

import pytest

from referrals_adapters.system.address import Address, CannotListen


@pytest.mark.parametrize("text", ["localhost:0", "127.0.0.1:65535", "[::]:50051", "0.0.0.0:80"])
def test_an_address_is_a_host_and_a_port(text: str) -> None:
    assert str(Address.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "8080", ":8080", "host", "host:", "host:x", "host:65536", "host:-1", "host:1\n"),
        *("::1:80", "[::1]", "[host]:80", "unix:/x", "host:\N{ARABIC-INDIC DIGIT ONE}"),
    ],
)
def test_an_address_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not host:port"):
        Address.parse(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_port_0_takes_a_free_port(host: str) -> None:
    with Address(host, 0).listen() as listener:
        assert Address.of(listener).port > 0


def test_a_taken_port_is_one_line() -> None:
    with Address("127.0.0.1", 0).listen() as listener:
        taken = Address.of(listener)
        with pytest.raises(CannotListen) as refused:
            taken.listen()
    assert str(refused.value) == f"cannot listen on {taken}: Address already in use"


@pytest.mark.parametrize("host", ["203.0.113.1", "nowhere.invalid"])
def test_an_address_of_elsewhere_cannot_be_listened_on(host: str) -> None:
    with pytest.raises(CannotListen, match=f"^cannot listen on {host}:0: "):
        Address(host, 0).listen()
