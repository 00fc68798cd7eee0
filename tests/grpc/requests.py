"""Requests as the schema describes them, good and hostile: whoever adds a call adds them too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_domain.model.code import ReferralCode
from referrals_domain.testing.builders import REFERRAL, SHOP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from google.protobuf.message import Message

SERVICE: Final = pb.DESCRIPTOR.services_by_name["ReferralsService"]
METHODS: Final[Mapping[str, Descriptor]] = {
    f"/{SERVICE.full_name}/{method.name}": method.input_type for method in SERVICE.methods
} | {
    f"/{pb.DESCRIPTOR.package}/GetReferralStatus": pb.GetReferralStatusRequest.DESCRIPTOR,
    f"/{pb.DESCRIPTOR.package}/GetFunnel": pb.GetFunnelRequest.DESCRIPTOR,
}
"""Every path that the service answers on, and what its requests look like."""

_TEXTS: Final = {
    "code": ReferralCode.of_number(0x19AC_D8F1_6ADF),  # SNKCF2TPZ7: letters that have doubles
    "code_prefix": "FRIEND",
    "first_day": "2026-11-01",
    "last_day": "2026-11-25",
    "shop_domain": SHOP,
    "storefront_url": "https://acme.example",
}
"""Good values of fields by name; every id may be a UUID."""

_MARKS: Final = (
    *(":", "{", "}", "*", "\r", "\n", "\r\n", "\x00", "\t", "'", '"', "\\", "%", ";", "$1"),
    *("\u0661", "\u200b", "\u202e", "\ufeff", "\u00e9", "e\u0301", "\U0001f98a"),
)
_ASCII: Final = "".join(map(chr, range(0x21, 0x7F)))
_LOOK_ALIKES: Final = (
    (_ASCII, "".join(chr(ord(one) + 0xFEE0) for one in _ASCII)),  # full width
    ("0123456789", "".join(chr(0x0660 + digit) for digit in range(10))),  # Arabic
    ("aceopxyACEHK", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0410\u0421\u0415\u041d\u041a"),
    ("sS", "\u017f\u017f"),  # what another case makes ASCII
    ("kK", "\u212a\u212a"),
    ("iI", "\u0131\u0131"),
)
HOSTILE: Final = (
    *_MARKS,
    *("a:b", "referral:acme:1", "{}", "{merchant_id}", "a*b", "a\r\nSET b c", "a\x00b", "a b"),
    *("'; DROP TABLE referrals; --", "../../etc/passwd", "${jndi:x}", "<b>", "null\x00", "%00"),
    *("\u0430cme", "\uff41\uff43\uff4d\uff45", "\u0663", "\u212a", "\U0010ffff", "\u2028"),
    *("a" * 2_100, "a" * 10_000, "\u00e9" * 5_000, "\x00" * 10_000, "{" * 10_000, "7" * 10_000),
)
"""Texts that no field takes, whatever it is for."""

BROKEN: Final = (b"\xff\xfe\xfd", b"\xed\xa0\x80", b"\xc0\x80\x80", b"\xf5\x80\x80")
"""Bytes that are no UTF-8: none at all, a lone surrogate, a NUL in disguise, out of Unicode."""

_PLACEHOLDER: Final = "\x01\x02\x03"


def good(kind: Descriptor) -> Message:
    """Return a request with all that is known to be good; of a oneof it has the last field."""
    message: Message = GetMessageClass(kind)()
    for field in kind.fields:
        value = _good(field)
        if isinstance(value, str | int):
            setattr(message, field.name, value)
        elif value is not None:
            getattr(message, field.name).CopyFrom(value)
    return message


def text_fields(kind: Descriptor) -> Iterator[str]:
    """Find every field that holds a text, by its path."""
    for field in kind.fields:
        if field.type == FieldDescriptor.TYPE_STRING:
            yield field.name
        elif inner := ours(field):
            yield from (f"{field.name}.{name}" for name in text_fields(inner))


def hostile_texts(path: str) -> Iterator[str]:
    """Make texts that a field must not take: those for all, and its good one spoiled."""
    yield from HOSTILE
    text = good_text(path.rpartition(".")[2])
    middle = len(text) // 2
    for mark in _MARKS if text else ():
        yield text + mark
        yield text[:middle] + mark + text[middle + 1 :]
    yield from {text.translate(str.maketrans(*pair)) for pair in _LOOK_ALIKES} - {text}


def with_text(message: Message, path: str, text: str) -> Message:
    """Return a copy of a request in which one field has another text."""
    copy = type(message)()
    copy.CopyFrom(message)
    *outer, last = path.split(".")
    inner: Any = copy
    for name in outer:
        inner = getattr(inner, name)
    if inner.DESCRIPTOR.fields_by_name[last].is_repeated:
        getattr(inner, last)[:] = [text]
    else:
        setattr(inner, last, text)
    return copy


def with_broken_text(message: Message, path: str, broken: bytes) -> bytes:
    """Return a request on the wire in which one field is no text."""
    raw = with_text(message, path, _PLACEHOLDER).SerializeToString()
    return raw.replace(_PLACEHOLDER.encode(), broken)


def ours(field: FieldDescriptor) -> Descriptor | None:
    """Return what a field holds if that is a message of our own schema."""
    kind = field.message_type
    return kind if kind and kind.file == pb.DESCRIPTOR else None


def good_text(name: str) -> str:
    """Return a text that a field of this name takes; empty if none is known."""
    return REFERRAL if name.endswith("_id") else _TEXTS.get(name, "")


def _good(field: FieldDescriptor) -> Message | str | int | None:
    if field.is_repeated:
        return None
    if inner := ours(field):
        return good(inner)
    if field.enum_type:
        return field.enum_type.values[-1].number
    return good_text(field.name) if field.type == FieldDescriptor.TYPE_STRING else None
