"""The gateway reaches the gRPC service over TLS, each of which asks who the other is."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from referrals_adapters.grpc.channel import open_channel
from referrals_sandbox.servers import envoy
from referrals_sandbox.servers.supervisor import supervising
from tests.grpc.service import serving_in_memory
from tests.tls.test_grpc import is_answered
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.neighbours import Neighbour
    from tests.tls.authority import Authority

CLUSTER: Final = "    - name: grpc\n"
MOUNTED: Final = "/etc/envoy/tls"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Production's files, from which Envoy starts."""
    folder = tmp_path / "gateway"
    shutil.copytree(envoy.FOLDER, folder)
    return folder


def with_tls(files: Path, certificates: Path) -> None:
    """Put into Envoy's file what it needs for TLS."""
    text, more = ((files / name).read_text() for name in ("envoy.yaml", "grpc_tls.yaml"))
    assert (text.count(CLUSTER), more.count(MOUNTED)) == (1, 4)
    told = CLUSTER + more.replace(MOUNTED, str(certificates))
    (files / "envoy.yaml").write_text(text.replace(CLUSTER, told))


@contextmanager
def gateway(files: Path, grpc: str) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch, supervising() as supervisor:
        patch.setattr(envoy, "FOLDER", files)
        started = envoy.start(supervisor, grpc=grpc, webhook="127.0.0.1:1", port=None)
        yield started.url.removeprefix("http://")


async def test_with_tls_the_gateway_reaches_the_service(
    auth: Neighbour, authority: Authority, files: Path
) -> None:
    authority.identity("gateway")
    server = authority.server(authority.identity("server", host="grpc"), asks_clients=True)
    with_tls(files, authority.ca_file.parent)
    async with serving_in_memory(auth, tls=server) as service:
        with gateway(files, str(service.address)) as address:
            async with open_channel(address) as channel:
                await until(partial(is_answered, channel))


@pytest.mark.parametrize("wrong", ["the service is another", "the gateway knows nothing of TLS"])
async def test_else_it_does_not(
    auth: Neighbour, authority: Authority, files: Path, wrong: str
) -> None:
    authority.identity("gateway")
    is_another = wrong == "the service is another"
    host = "other.example" if is_another else "grpc"
    server = authority.server(authority.identity("server", host=host), asks_clients=True)
    if is_another:
        with_tls(files, authority.ca_file.parent)
    async with serving_in_memory(auth, tls=server) as service:
        with gateway(files, str(service.address)) as address:
            async with open_channel(address) as channel:
                for _ in range(3):
                    assert not await is_answered(channel)
                    await asyncio.sleep(0.1)
