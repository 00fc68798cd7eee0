"""A gateway of the tests' own, with what stands behind it; and who calls it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from referrals_sandbox.neighbours.frontend import LONG_PATH
from referrals_sandbox.servers import envoy
from referrals_sandbox.servers.envoy import Gateway
from referrals_sandbox.servers.ports import free_port
from referrals_sandbox.servers.supervisor import supervising
from tests.gateway.upstreams import Slow, Webhook, never_answering, recording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONNECTIONS: Final = 40
IDLE: Final = 1.0
HEADERS_WITHIN: Final = 0.05
BUCKET: Final = 100
FRIENDS_BUCKET: Final = 20

HURRIED: Final = {
    "_connections: 10000": f"_connections: {CONNECTIONS}",
    "idle_timeout: 60s": f"idle_timeout: {IDLE:g}s",
    "request_headers_timeout: 5s": f"request_headers_timeout: {HEADERS_WITHIN:g}s",
    "request_timeout: 10s": "request_timeout: 0.1s",
    "timeout: 5s  # as Shopify waits": "timeout: 0.2s",
    " max_stream_duration: 10s": " max_stream_duration: 0.2s",
    "grpc_timeout_header_max: 10s": "grpc_timeout_header_max: 0.2s",
    "max_tokens: 400\n": f"max_tokens: {BUCKET}\n",
    "max_tokens: 2000\n": f"max_tokens: {FRIENDS_BUCKET}\n",
    "tokens_per_fill: 1000\n": "tokens_per_fill: 1\n",
    "tokens_per_fill: 200\n": "tokens_per_fill: 1\n",
    "fill_interval: 1s\n\n  clusters:": "fill_interval: 60s\n\n  clusters:",
}
"""Production's file, with less to wait for."""


@attrs.frozen(kw_only=True)
class Front:
    """
    The gateway, and what it has before it.

    Args:
        gateway: Envoy, with a hurried copy of production's file.
        webhook: Keeps what comes.
        grpc: Never answers.
    """

    gateway: Gateway
    webhook: Webhook
    grpc: Slow

    @property
    def address(self) -> str:
        """Where the gateway listens, as `host:port`."""
        return self.gateway.url.removeprefix("http://")


@contextmanager
def standing() -> Iterator[Front]:
    """Run it."""
    with supervising() as supervisor, recording() as webhook, never_answering() as grpc:
        with hurried(supervisor.work_dir / "hurried"):
            gateway = envoy.start(
                supervisor,
                grpc=grpc.address,
                webhook=webhook.address,
                port=None,
                origins="https://shop.example, https://admin.example",
            )
        yield Front(gateway=gateway, webhook=webhook, grpc=grpc)


@contextmanager
def before_nothing() -> Iterator[str]:
    """Run a gateway whose services are both away."""
    away = f"127.0.0.1:{free_port()}"
    with supervising() as supervisor:
        gateway = envoy.start(supervisor, grpc=away, webhook=away, port=None)
        yield gateway.url.removeprefix("http://")


@contextmanager
def hurried(folder: Path) -> Iterator[None]:
    """Have Envoy start with the hurried copy."""
    text = (envoy.FOLDER / "envoy.yaml").read_text()
    for slow, quick in HURRIED.items():
        assert text.count(slow) == 1, slow
        text = text.replace(slow, quick)
    folder.mkdir()
    (folder / "envoy.yaml").write_text(text)
    shutil.copy(envoy.FOLDER / "referrals.binpb", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(envoy, "FOLDER", folder)
        yield


@attrs.frozen(kw_only=True)
class Call:
    """
    One HTTP request.

    Args:
        path: Its path.
        kind: Its content type.
        body: Its body.
        length: How long it says that its body is; by default as long as it is.
        headers: More of them.
        method: Its method.
        source: The address that it comes from.
    """

    path: str = LONG_PATH
    kind: str = "application/json"
    body: bytes = b"{}"
    length: int | None = None
    headers: Sequence[tuple[str, str]] = ()
    method: str = "POST"
    source: str = "127.0.0.1"

    def to(self, address: str) -> Answer:
        """Make it."""
        host, _, port = address.rpartition(":")
        connection = HTTPConnection(host, int(port), timeout=5, source_address=(self.source, 0))
        try:
            connection.putrequest(self.method, self.path)
            connection.putheader("content-type", self.kind)
            for name, value in self.headers:
                connection.putheader(name, value)
            length = len(self.body) if self.length is None else self.length
            connection.putheader("content-length", str(length))
            connection.endheaders(self.body)
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        finally:
            connection.close()


@attrs.frozen
class Answer:
    """
    What came back.

    Args:
        status: The HTTP status.
        headers: By their names in lower case.
        body: The body.
    """

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, which says that it is JSON."""
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.body)
