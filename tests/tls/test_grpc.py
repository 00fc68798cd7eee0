"""Callers reach us, and we Auth and Core, over connections that each side has verified."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest

from referrals_adapters.grpc.channel import open_channel
from referrals_adapters.grpc.renewed_channel import RenewedChannel
from referrals_adapters.grpc.server_credentials import server_credentials
from tests.grpc.service import TOKEN, bare, refusal_of, serving_in_memory
from tests.tls.authority import HOST, Authority
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.grpc.channel import Channel
    from referrals_adapters.wire.tls import ClientTls, ServerTls
    from tests.neighbours import Neighbour

PATH = "/referrals.v1/GetReferralStatus"
EXPIRED = timedelta(days=-1)


@pytest.fixture
def tls(authority: Authority) -> ServerTls:
    return authority.server(authority.identity("server"))


async def is_answered(channel: Channel) -> bool:
    """Tell whether a call reaches the service, which refuses it for what it says."""
    call = bare(channel, PATH)(b"", metadata=TOKEN, timeout=2, wait_for_ready=False)
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error.code() is grpc.StatusCode.INVALID_ARGUMENT
    raise AssertionError("an empty request was answered")


@asynccontextmanager
async def connected(address: object, tls: ClientTls | None) -> AsyncIterator[Channel]:
    async with open_channel(str(address), tls) as channel:
        yield channel


async def reaches(address: object, tls: ClientTls | None) -> bool:
    """Tell whether a new connection is understood."""
    async with connected(address, tls) as channel:
        return await is_answered(channel)


async def test_callers_who_trust_our_authority_reach_us_and_no_others(
    auth: Neighbour, authority: Authority, stranger: Authority, tls: ServerTls
) -> None:
    async with serving_in_memory(auth, tls=tls) as service:
        assert await reaches(service.address, authority.client("T"))
        assert not await reaches(service.address, stranger.client("T"))
        assert not await reaches(service.address, None)


async def test_callers_need_a_certificate_if_we_ask_for_it(
    auth: Neighbour, authority: Authority, stranger: Authority
) -> None:
    asking = authority.server(authority.identity("server"), asks_clients=True)
    theirs = stranger.identity("caller")
    async with serving_in_memory(auth, tls=asking) as service:
        known = authority.client("T", authority.identity("caller"))
        assert await reaches(service.address, known)
        assert not await reaches(service.address, authority.client("T"))
        assert not await reaches(service.address, authority.client("T", theirs))
        expired = authority.identity("late", ends_in=EXPIRED)
        assert not await reaches(service.address, authority.client("T", expired))


async def test_new_connections_meet_our_new_certificate_and_old_ones_go_on(
    auth: Neighbour, authority: Authority, stranger: Authority, tls: ServerTls
) -> None:
    async with (
        serving_in_memory(auth, tls=tls) as service,
        connected(service.address, authority.client("T")) as before,
    ):
        assert await is_answered(before)
        theirs = stranger.identity("server")
        tls.identity.key_file.write_bytes(theirs.key_file.read_bytes())
        tls.identity.certificate_file.write_bytes(theirs.certificate_file.read_bytes())
        assert await reaches(service.address, stranger.client("T"))
        assert not await reaches(service.address, authority.client("T"))
        for _ in range(5):  # each is of the same configuration
            assert await reaches(service.address, stranger.client("T"))
        assert await is_answered(before)


async def test_while_our_files_are_wrong_the_certificate_before_them_counts(
    auth: Neighbour, authority: Authority, tls: ServerTls
) -> None:
    async with serving_in_memory(auth, tls=tls) as service:
        tls.identity.key_file.write_text("hunter2")
        assert await reaches(service.address, authority.client("T"))


@asynccontextmanager
async def neighbour(tls: ServerTls) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Answer every call with what it said, and tell which certificates callers showed."""
    shown: list[bytes] = []

    async def echo(request: bytes, context: Any) -> bytes:
        shown.extend(context.auth_context().get("x509_pem_cert", [b""]))
        return request

    class Echo(grpc.GenericRpcHandler):
        def service(self, _: Any) -> Any:
            return grpc.unary_unary_rpc_method_handler(echo)

    server = grpc.aio.server()
    server.add_generic_rpc_handlers([Echo()])
    port = server.add_secure_port(f"{HOST}:0", server_credentials(tls))
    await server.start()
    try:
        yield f"{HOST}:{port}", shown
    finally:
        await server.stop(None)


async def echoed(channel: Channel) -> bool:
    try:
        return bool(await bare(channel, "/echo")(b"said", timeout=2) == b"said")
    except grpc.aio.AioRpcError:
        return False


async def _is_closed(channel: Channel) -> bool:
    return channel.get_state() is grpc.ChannelConnectivity.SHUTDOWN


@pytest.mark.parametrize("wrong", ["of a stranger", "of another host", "expired"])
async def test_a_neighbour_with_a_wrong_certificate_is_told_nothing(
    authority: Authority, stranger: Authority, wrong: str
) -> None:
    identity = {
        "of a stranger": lambda: stranger.identity("server"),
        "of another host": lambda: authority.identity("server", host="other.example"),
        "expired": lambda: authority.identity("server", ends_in=EXPIRED),
    }[wrong]()
    async with (
        neighbour(authority.server(identity)) as (address, shown),
        connected(address, authority.client("T")) as channel,
    ):
        assert not await echoed(channel)
        assert shown == []


async def test_calls_after_a_change_show_our_new_certificate_and_those_under_way_go_on(
    authority: Authority,
) -> None:
    asking = authority.server(authority.identity("server"), asks_clients=True)
    us = authority.identity("us")
    async with (
        neighbour(asking) as (address, shown),
        connected(address, authority.client("T", us)) as channel,
    ):
        assert await echoed(channel)
        assert isinstance(channel, RenewedChannel)
        before = channel._channel  # noqa: SLF001 - nobody else may know it
        first = us.certificate_file.read_bytes()
        under_way = asyncio.ensure_future(echoed(channel))
        await asyncio.sleep(0)
        authority.identity("us")
        assert await echoed(channel)
        assert await under_way
        assert shown[0].strip() == first.strip()
        assert shown[-1].strip() == us.certificate_file.read_bytes().strip()
        await until(partial(_is_closed, before))


async def test_refusals_over_tls_say_as_much_as_without(
    auth: Neighbour, authority: Authority, tls: ServerTls
) -> None:
    async with (
        serving_in_memory(auth, tls=tls) as service,
        connected(service.address, authority.client("T")) as channel,
    ):
        refusal = await refusal_of(bare(channel, PATH)(b"", metadata=TOKEN, timeout=2))
        assert refusal.reason == "INVALID_ARGUMENT"
