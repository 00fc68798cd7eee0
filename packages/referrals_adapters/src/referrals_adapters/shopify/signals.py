"""
The signals of an order.

A source that names a code, a share and a channel gives one signal of the three; several codes
or shares in one source are several signals. What does not read as a code or a share is none.
The work is bounded whatever the body holds: see the constants.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import unquote_plus

from referrals_adapters.shopify.body import text_of
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.identifiers import ReferralId
from referrals_domain.model.link import Channel
from referrals_domain.model.signals import Signal, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from referrals_adapters.shopify.body import NoteAttribute, OrderBody

T = TypeVar("T")

MOST_SIGNALS: Final = 16
"""How many signals a body may give: the strongest sources first, each as the body has it."""

MOST_FIELDS: Final = 64
"""How many discount codes, and how many fields of our names in one place, are looked at."""

LONGEST_URL: Final = 8192
"""How many characters a URL may have; a longer one gives no signal."""

_LONGEST_VALUE: Final = 64  # a share has 36 characters; `ReferralCode.read` takes up to 64

# The names that a source gives a code and a channel, the most telling first.
_SHARE: Final = ("share",)
_NOTE_CODE: Final = ("ref",)
_NOTE_CHANNEL: Final = ("ref_channel", "channel")
_NOTE: Final = frozenset((*_SHARE, *_NOTE_CODE, *_NOTE_CHANNEL))
_QUERY_CODE: Final = ("ref", "source", "r")
_QUERY_CHANNEL: Final = ("channel", "utm_medium")
_NESTED: Final = "redirect"  # in a discount link: where it leads once the code is applied
_FIELD: Final = re.compile(
    rf"(?:\A|&)({'|'.join((*_SHARE, *_QUERY_CODE, *_QUERY_CHANNEL, _NESTED))})=([^&]*)",
    re.IGNORECASE | re.ASCII,
)


def signals_of(order: OrderBody) -> tuple[Signal, ...]:
    """Return the signals of a body, each once, the strongest source first."""
    candidates = [
        *_of_notes(order.note_attributes or ()),
        *_of_codes(Source.DISCOUNT_CODES, [entry.code for entry in order.discount_codes or ()]),
        *_of_url(Source.LANDING_SITE, order.landing_site or ""),
        *_of_codes(Source.LANDING_SITE_REF, [order.landing_site_ref or ""]),
        *_of_url(Source.REFERRING_SITE, order.referring_site or ""),
    ]
    return tuple(dict.fromkeys(candidates))[:MOST_SIGNALS]


def _of_notes(attributes: Iterable[NoteAttribute]) -> Iterable[Signal]:
    fields: list[tuple[str, str]] = []
    for attribute in attributes:
        name = attribute.name.strip().lower()
        if name in _NOTE and len(fields) < MOST_FIELDS:
            fields.append((name, text_of(attribute.value)))
    return _of_fields(Source.NOTE_ATTRIBUTES, fields, codes=_NOTE_CODE, channels=_NOTE_CHANNEL)


def _of_codes(source: Source, texts: Sequence[str]) -> Iterator[Signal]:
    for text in texts[:MOST_FIELDS]:
        if code := _read(ReferralCode.read, text):
            yield Signal(source=source, code=code)


def _of_url(source: Source, url: str) -> Iterable[Signal]:
    if "?" not in url or len(url) > LONGEST_URL:
        return ()
    fields = _query(url)
    nested = [field for name, text in fields if name == _NESTED for field in _query(text)]
    fields = [*fields, *nested][:MOST_FIELDS]
    return _of_fields(source, fields, codes=_QUERY_CODE, channels=_QUERY_CHANNEL)


def _query(url: str) -> list[tuple[str, str]]:
    """Return the fields of a URL's query that have one of our names, decoded once."""
    query = url.partition("#")[0].partition("?")[2]
    return [(field[1].lower(), unquote_plus(field[2])) for field in _FIELD.finditer(query)]


def _of_fields(
    source: Source,
    fields: Collection[tuple[str, str]],
    *,
    codes: Iterable[str],
    channels: Iterable[str],
) -> Iterable[Signal]:
    if not fields:
        return ()
    read_codes = _values(ReferralCode.read, fields, codes)
    shares = _values(ReferralId, fields, _SHARE)
    if not read_codes and not shares:
        return ()
    channel = next(iter(_values(Channel, fields, channels)), None)
    return [
        Signal(source=source, code=code, share=share, channel=channel)
        for code, share in zip_longest(read_codes, shares)
    ]


def _values(
    kind: Callable[[str], T], fields: Iterable[tuple[str, str]], names: Iterable[str]
) -> list[T]:
    """Return what reads as one of a kind, each once, in the order of the names."""
    values: dict[T, None] = {}
    for name in names:
        for given, text in fields:
            if given == name and (value := _read(kind, text)):
                values[value] = None
    return list(values)


def _read(kind: Callable[[str], T], text: str) -> T | None:
    """Read a text in any case, with or without blanks around it."""
    if not 0 < len(text) <= _LONGEST_VALUE:
        return None
    try:
        return kind(text.strip().lower())
    except ValueError:
        return None
