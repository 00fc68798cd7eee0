"""Our server does for methods of every kind what grpc.aio's does, which is asked the same."""

from __future__ import annotations

import asyncio
import logging
import random
from functools import partial
from typing import TYPE_CHECKING

import attrs
import grpc
import grpc.aio
import pytest

from referrals_adapters.grpc.channel import open_channel
from referrals_grpc.methods import Methods
from referrals_grpc.polled_server import PolledServer
from tests.grpc.any_methods import Served, of_aio, polled, served
from tests.grpc.service import bare
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_grpc.interceptors.calls import Handler
    from tests.grpc.any_methods import Server

REFUSED = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}  # as its connection ends


@pytest.fixture(params=[polled, of_aio], ids=["polled", "of grpc.aio"])
async def either(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    async with served(request.param) as one:
        yield one


@pytest.fixture
async def ours() -> AsyncIterator[Served]:
    async with served(polled) as one:
        yield one


async def test_each_of_many_calls_has_its_own_answer(either: Served) -> None:
    calls = [either.call("echo", b"%d" % number) for number in range(1000)]
    assert await asyncio.gather(*calls) == [b"%d" % number for number in range(1000)]


async def test_methods_of_every_kind_are_answered(either: Served) -> None:
    assert await either.call("join", iter([b"a", b"b"]), kind="stream_unary") == b"a+b"
    assert await either.call("join", iter([]), kind="stream_unary") == b""
    for name in ("spell", "write"):
        letters = either.call(name, kind="unary_stream")
        assert [letter async for letter in letters] == [b"a", b"b", b"c"]
        assert await letters.code() is grpc.StatusCode.OK
    answers = either.call("answer", iter([b"a", b"b"]), kind="stream_stream")
    assert [answer async for answer in answers] == [b"<a>", b"<b>"]


async def test_what_fails_tells_nobody_why_and_is_logged(
    either: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        call = either.call("fail")
        assert await call.code() is grpc.StatusCode.UNKNOWN
    assert any(record.exc_info for record in caplog.records)
    assert await either.call("echo") == b"abc"


async def test_of_ours_not_even_what_failed_is_told(ours: Served) -> None:
    assert "hunter2" not in await ours.call("fail").details()


async def test_a_method_that_nobody_has_is_unimplemented(either: Served) -> None:
    assert await either.call("nothing").code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_call_without_a_message_is_refused(ours: Served) -> None:
    """grpc.aio leaves it without an answer until its deadline."""
    call = ours.call("echo", iter([]), kind="stream_unary", timeout=10)
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call
    assert failure.value.code() is grpc.StatusCode.INTERNAL


async def test_handlers_know_how_long_callers_wait(either: Served) -> None:
    either.doing.may_end.set()
    await either.call("wait", timeout=50)
    await either.call("wait")
    limited, unlimited = either.doing.left
    assert unlimited is None
    assert limited is not None
    assert 0 < limited <= 51


@pytest.mark.parametrize(("name", "kind"), [("wait", "unary_unary"), ("write_on", "unary_stream")])
async def test_who_leaves_ends_what_is_done_for_them(either: Served, name: str, kind: str) -> None:
    call = either.call(name, kind=kind)
    waiting = asyncio.ensure_future(call.code())
    await until(partial(either.doing.is_under_way, 1))
    call.cancel()
    await until(partial(either.doing.is_under_way, 0))
    assert await waiting is grpc.StatusCode.CANCELLED


async def test_nothing_is_left_of_callers_who_leave_at_any_moment(ours: Served) -> None:
    chance = random.Random(7)  # noqa: S311 - moments, not secrets

    async def come_and_go() -> None:
        for _ in range(50):
            call = ours.call("write_on", kind="unary_stream")
            reading = asyncio.ensure_future(call.read())
            await asyncio.sleep(chance.random() * 0.02)
            call.cancel()
            await asyncio.wait({reading})

    await asyncio.gather(*(come_and_go() for _ in range(10)))
    await until(partial(ours.doing.is_under_way, 0))
    assert ours.doing.begun > 0
    assert await ours.call("echo") == b"abc"


async def test_who_leaves_without_reading_ends_what_is_written(
    ours: Served, caplog: pytest.LogCaptureFixture
) -> None:
    call = ours.call("flood", b"x" * 100_000, kind="unary_stream")
    assert len(await call.read()) == 100_000
    await until(ours.doing.writes_no_more)
    call.cancel()
    await until(partial(ours.doing.is_under_way, 0))
    await ours.stop(5)
    assert caplog.records == []


async def test_who_left_before_the_loop_looked_is_not_served(ours: Served) -> None:
    """The thread hears that they left, before or after it hears what they asked."""
    server = ours.server
    assert isinstance(server, PolledServer)
    call, taken = _Left(), _Taken()

    server._leave(call, taken)  # type: ignore[arg-type]  # noqa: SLF001 - the order is chance
    server._hand_over(call, taken)  # type: ignore[arg-type]  # noqa: SLF001 - as above

    assert await ours.call("echo") == b"abc"
    assert not call.is_handled


@attrs.define(eq=False)
class _Left:
    is_left: bool = False
    is_handled: bool = False

    async def handle(self, _: object) -> None:
        self.is_handled = True


class _Taken:
    """News of an operation that says both."""

    @property
    def batch_operations(self) -> list[_Taken]:
        return [self]

    def cancelled(self) -> bool:
        return True

    def message(self) -> bytes:
        return b"abc"


async def test_calls_under_way_may_end_and_new_ones_are_refused(either: Served) -> None:
    call = either.call("wait")
    waiting = asyncio.ensure_future(call.code())
    await until(partial(either.doing.is_under_way, 1))
    stopping = asyncio.ensure_future(either.stop(10))
    async with open_channel(f"127.0.0.1:{either.port}") as channel:
        late = bare(channel, "/any/echo")(b"", wait_for_ready=False, timeout=5)
        assert await late.code() in REFUSED
    assert not stopping.done()
    either.doing.may_end.set()
    assert await waiting is grpc.StatusCode.OK
    await asyncio.wait_for(stopping, 5)


async def test_calls_that_take_too_long_are_broken_off(either: Served) -> None:
    call = either.call("wait")
    waiting = asyncio.ensure_future(call.code())
    await until(partial(either.doing.is_under_way, 1))
    await asyncio.wait_for(either.stop(0.1), 5)
    assert await waiting in REFUSED
    await until(partial(either.doing.is_under_way, 0))


async def test_a_server_that_ends_under_load_answers_or_refuses_every_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    Within its grace, which is shorter here than the callers' patience.

    Of a hundred ends one leaves a call that gRPC never hands over, to us or to grpc.aio, and
    does not refuse by itself: the end of the grace breaks it off.
    """
    for round_ in range(10):
        async with served(polled) as one:
            calls = [one.call("echo", timeout=10) for _ in range(300)]
            await asyncio.sleep(round_ * 0.005)
            await asyncio.wait_for(one.stop(0.5), 15)
            codes = {await call.code() for call in calls}
        assert codes <= {grpc.StatusCode.OK, *REFUSED}
    assert caplog.records == []


async def test_a_taken_address_is_an_error(either: Served) -> None:
    for make in (polled, of_aio):
        with pytest.raises(RuntimeError):
            make(Methods({})).add_insecure_port(f"127.0.0.1:{either.port}")


@attrs.frozen
class _Broken:
    """Methods, of which looking for one fails."""

    def get(self, path: str, default: Handler) -> Handler:
        if path == "/any/broken":
            raise RuntimeError("hunter2")
        return default


async def test_a_call_that_cannot_be_taken_leaves_the_others_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def make(_: Methods) -> Server:
        return polled(Methods(_Broken()))  # type: ignore[arg-type]  # it is broken

    async with served(make) as one:
        with caplog.at_level(logging.ERROR):
            broken = one.call("broken", timeout=0.5)
            assert await broken.code() is not grpc.StatusCode.OK
        assert [record.message for record in caplog.records] == ["a call could not be taken"]
        assert await one.call("echo").code() is grpc.StatusCode.UNIMPLEMENTED
