"""What a turn of the loop writes is sent at once, in order, and before the connection closes."""

from __future__ import annotations

import asyncio

from referrals_webhook.gathering import GatheringTransport


class Wire(asyncio.Transport):
    """A transport that remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def gathering() -> tuple[GatheringTransport, Wire]:
    wire = Wire()
    return GatheringTransport(wire, asyncio.get_running_loop()), wire


async def test_what_is_written_in_one_turn_is_one_write() -> None:
    transport, wire = gathering()
    transport.write(b"head ")
    transport.write(b"")
    transport.write(bytearray(b"body"))
    assert wire.sent == []
    await asyncio.sleep(0)
    assert wire.sent == [b"head body"]


async def test_each_turn_has_a_write_of_its_own() -> None:
    transport, wire = gathering()
    for word in (b"100 Continue ", b"200 OK"):
        transport.write(word)
        await asyncio.sleep(0)
    assert wire.sent == [b"100 Continue ", b"200 OK"]


async def test_nothing_is_sent_where_nothing_was_written() -> None:
    transport, wire = gathering()
    transport.write(b"")
    await asyncio.sleep(0)
    assert wire.sent == []


async def test_what_was_written_is_sent_before_it_closes() -> None:
    transport, wire = gathering()
    transport.write(b"last words")
    transport.close()
    await asyncio.sleep(0)
    assert (wire.sent, wire.closed) == ([b"last words"], True)


async def test_a_caller_who_left_is_sent_nothing() -> None:
    transport, wire = gathering()
    transport.write(b"too late")
    wire.close()
    await asyncio.sleep(0)
    assert wire.sent == []
    assert transport.is_closing()
