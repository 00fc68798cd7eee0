"""Requests that nobody thought of are answered or refused as documented, and never a mystery."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import grpc
import grpc.aio
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.status import MEANINGS, reason_of
from tests.domain.strategies import examples
from tests.grpc.requests import HOSTILE, METHODS, good, good_text
from tests.grpc.service import TOKEN, bare, refusal_of
from tests.tally import tried

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from google.protobuf.descriptor import Descriptor
    from google.protobuf.message import Message

    from tests.grpc.service import Service

pytestmark = pytest.mark.timeout(300)  # half a minute each with the thorough profile

DOCUMENTED: Final = {(reason_of(kind), meaning.code) for kind, meaning in MEANINGS.items()}
FORESEEN: Final = DOCUMENTED - {("INTERNAL", grpc.StatusCode.INTERNAL)}
PATIENT: Final = settings(
    max_examples=examples(150),
    deadline=None,  # the machine may be busy
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # one service serves all draws
)
_KINDS: Final = FieldDescriptor
_NUMBERS: Final = {
    _KINDS.TYPE_INT32: st.integers(-(1 << 31), (1 << 31) - 1),
    _KINDS.TYPE_INT64: st.integers(-(1 << 63), (1 << 63) - 1),
    _KINDS.TYPE_UINT32: st.integers(0, (1 << 32) - 1),
    _KINDS.TYPE_UINT64: st.integers(0, (1 << 64) - 1),
    _KINDS.TYPE_ENUM: st.integers(-2, 12),
    _KINDS.TYPE_BOOL: st.booleans(),
    _KINDS.TYPE_FLOAT: st.floats(width=32),
    _KINDS.TYPE_DOUBLE: st.floats(),
    _KINDS.TYPE_BYTES: st.binary(max_size=50),
}

_TAGS: Final = st.sampled_from([0, 1, 2, 3, 4, 15, 16, 1_000, (1 << 29) - 1, 1 << 29])
_VARINTS: Final = st.sampled_from([0, 1, 127, 128, 1 << 31, (1 << 63) - 1, (1 << 64) - 1, 1 << 70])


@pytest.fixture(autouse=True)
async def _serves_on_and_logs_no_mistake(
    service: Service, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[None]:
    """Whatever was sent, the next call is answered, and no line tells of a mistake of ours."""
    yield
    path = f"/{pb.DESCRIPTOR.package}/GetReferralStatus"
    refusal = await refusal_of(
        bare(service.channel, path)(good(METHODS[path]).SerializeToString(), metadata=TOKEN)
    )
    assert refusal.code is grpc.StatusCode.NOT_FOUND
    told = [one for one in caplog.get_records("call") if one.name.startswith("referrals")]
    assert not [one for one in told if one.exc_info or one.levelno >= logging.ERROR]


def messages(kind: Descriptor) -> st.SearchStrategy[Message]:
    """Draw any message of a kind: each field is absent, good, hostile, or anything of its type."""
    fields = {field.name: values(field) for field in kind.fields}
    return st.fixed_dictionaries({}, optional=fields).map(
        lambda any_: GetMessageClass(kind)(**any_)
    )


def values(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    """Draw any value of a field."""
    if field.message_type:
        one: st.SearchStrategy[Any] = messages(field.message_type)
    elif field.type == FieldDescriptor.TYPE_STRING:
        one = st.just(good_text(field.name)) | st.sampled_from(HOSTILE) | st.text(max_size=80)
    else:
        one = _NUMBERS[field.type]
    return st.lists(one, max_size=3) if field.is_repeated else one


def wire() -> st.SearchStrategy[bytes]:
    """Draw what a reader of the wire format meets: fields of any number, type and length."""
    numbers = _VARINTS.map(_varint)
    payloads = numbers | st.binary(max_size=12) | st.deferred(wire).map(_with_length)
    field = st.tuples(st.builds(_tag, _TAGS, st.integers(0, 7)), payloads).map(b"".join)
    return st.lists(field, max_size=5).map(b"".join)


def requests() -> st.SearchStrategy[tuple[str, bytes]]:
    """Draw a path and a request of its method, good in parts so that the rest is looked at."""

    def of(path: str) -> st.SearchStrategy[tuple[str, bytes]]:
        merged = messages(METHODS[path]).map(lambda drawn: _over(good(METHODS[path]), drawn))
        return st.tuples(st.just(path), merged.map(lambda message: message.SerializeToString()))

    return st.sampled_from(sorted(METHODS)).flatmap(of)


def _varint(value: int) -> bytes:
    """Write a number as the wire format does, however long."""
    rest, low = value >> 7, value & 127
    return bytes([low | 128]) + _varint(rest) if rest else bytes([low])


def _tag(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _with_length(raw: bytes) -> bytes:
    return _varint(len(raw)) + raw


def _over(base: Message, drawn: Message) -> Message:
    base.MergeFrom(drawn)
    return base


async def require_documented(service: Service, path: str, raw: bytes) -> None:
    call: Any = bare(service.channel, path)(raw, metadata=TOKEN, timeout=5)
    if await call.code() is grpc.StatusCode.OK:
        return
    refusal = await refusal_of(call)
    assert (refusal.reason, refusal.code) in FORESEEN, refusal
    assert bool(refusal.fields) == (refusal.code is grpc.StatusCode.INVALID_ARGUMENT), refusal
    assert len(refusal.raw) < 4_000
    tried("gRPC")


@PATIENT
@given(requests())
async def test_any_request_is_answered_as_documented(
    service: Service, request_: tuple[str, bytes]
) -> None:
    await require_documented(service, *request_)


@PATIENT
@given(st.sampled_from(sorted(METHODS)), st.data())
async def test_any_bytes_are(service: Service, path: str, data: st.DataObject) -> None:
    raw = bytearray(good(METHODS[path]).SerializeToString())
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(raw))] * 2)))
    raw[start:end] = data.draw(st.binary(max_size=40))
    await require_documented(service, path, bytes(raw))


@PATIENT
@given(path=st.sampled_from(sorted(METHODS)), odd=wire(), first=st.booleans())
async def test_so_is_any_field_of_the_wire_before_and_behind_a_good_request(
    service: Service, *, path: str, odd: bytes, first: bool
) -> None:
    raw = good(METHODS[path]).SerializeToString()
    await require_documented(service, path, odd + raw if first else raw + odd)
