"""No text that is none of ours gets past the edge, in whichever field of whichever call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest
from dependency_injector import providers

from tests.grpc.requests import (
    BROKEN,
    METHODS,
    good,
    hostile_texts,
    text_fields,
    with_broken_text,
    with_text,
)
from tests.grpc.service import TOKEN, bare, refusal_of
from tests.tally import tried

if TYPE_CHECKING:
    from tests.grpc.service import Refusal, Service

FIELDS = [(path, field) for path, kind in METHODS.items() for field in text_fields(kind)]
SHORT = 2_000  # bytes; an answer that long would carry the text back


async def refused(service: Service, path: str, raw: bytes) -> Refusal | None:
    """Send a request; return how it was refused, if it was."""
    call: Any = bare(service.channel, path)(raw, metadata=TOKEN, timeout=5)
    if await call.code() is grpc.StatusCode.OK:
        return None
    return await refusal_of(call)


@pytest.fixture
def reached(service: Service) -> list[str]:
    """How often a call got as far as the database."""
    reached: list[str] = []

    def begin() -> Any:
        reached.append("the database")
        return service.store.begin()

    service.container.transaction.override(providers.Callable(begin))
    return reached


@pytest.mark.parametrize(
    "path",
    [path for path in METHODS if path.endswith(("Status", "Link", "Program"))],
)
async def test_what_is_spoiled_here_is_good_otherwise(
    service: Service, reached: list[str], path: str
) -> None:
    await refused(service, path, good(METHODS[path]).SerializeToString())
    assert reached


@pytest.mark.parametrize(("path", "field"), FIELDS)
async def test_a_hostile_text_is_named_and_gets_nowhere(
    service: Service, reached: list[str], path: str, field: str
) -> None:
    request = good(METHODS[path])
    blank = await refused(service, path, request.SerializeToString())
    # Where nobody knows what else is good in a new call, another field may be named first.
    others = set(blank.fields) if blank else set()
    cached = repr(vars(service.container.cache()))
    reached.clear()
    passed = []
    for text in hostile_texts(field):
        refusal = await refused(service, path, with_text(request, field, text).SerializeToString())
        if (
            refusal is None
            or refusal.code is not grpc.StatusCode.INVALID_ARGUMENT
            or not {field, *others} & set(refusal.fields)
            or len(refusal.raw) > SHORT
        ):
            passed.append((text[:50], refusal))
        tried("gRPC")
    assert passed == []
    assert reached == []
    assert repr(vars(service.container.cache())) == cached


@pytest.mark.parametrize(("path", "field"), FIELDS)
async def test_bytes_that_are_no_text_make_the_request_none_of_this_method(
    service: Service, reached: list[str], path: str, field: str
) -> None:
    for broken in BROKEN:
        raw = with_broken_text(good(METHODS[path]), field, broken)
        refusal = await refused(service, path, raw)
        assert refusal
        assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
        assert refusal.message == " is not a request of this method"
        tried("gRPC")
    assert reached == []
