"""
Page tokens: behind which referral the next page begins.

A token says so to the calls alone that ask for the same list; see https://google.aip.dev/158. It
is no secret and opens nothing: whoever may see a page may ask for any of the others.
"""

from __future__ import annotations

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from uuid import UUID

import attrs

from referrals_domain.model.identifiers import ReferralId
from referrals_domain.model.referral import Place

if TYPE_CHECKING:
    from referrals_domain.ports.referral_listing import Selection

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_PLACE: Final = struct.Struct(">q16s")  # microseconds since 1970, and the id
_SEAL: Final = 12  # bytes; 96 bits tell lists apart, and with 36 bytes base64 needs no padding
_LENGTH: Final = (_SEAL + _PLACE.size) * 4 // 3


def page_token(selection: Selection, last: Place | None) -> str:
    """Return what asks for the page behind a place; the empty text: there is none."""
    if last is None:
        return ""
    place = _PLACE.pack((last.opened_at - _EPOCH) // _MICROSECOND, UUID(last.id).bytes)
    return urlsafe_b64encode(_seal(selection, place) + place).decode()


def place_of(token: str, selection: Selection) -> Place:
    """
    Return the place behind which the page begins.

    Raises:
        ValueError: It is no token of this list.
    """
    raw = urlsafe_b64decode(token) if len(token) == _LENGTH and token.isascii() else b""
    seal, place = raw[:_SEAL], raw[_SEAL:]
    if len(place) != _PLACE.size or seal != _seal(selection, place):
        raise ValueError("is the next_page_token of this list, with the same filters")
    opened_at, id_ = _PLACE.unpack(place)
    return Place(_EPOCH + opened_at * _MICROSECOND, ReferralId(str(UUID(bytes=id_))))


def _seal(selection: Selection, place: bytes) -> bytes:
    """Return what only the same place in the same list has."""
    fields = attrs.asdict(selection, recurse=False).items()
    given = "&".join(f"{name}={value}" for name, value in fields if value is not None)
    return sha256(given.encode() + place).digest()[:_SEAL]
