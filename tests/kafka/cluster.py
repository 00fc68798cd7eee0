"""
A cluster that answers for its topics, on the wire.

The sandbox's broker makes no topics and knows no settings of them. This one knows nothing else:
it speaks the versions of four requests that Kafka 4 and aiokafka have in common.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import attrs
from aiokafka.protocol.admin import (
    ApiVersionResponse_v0,
    CreateTopicsRequest_v2,
    CreateTopicsResponse_v2,
    DescribeConfigsRequest_v1,
    DescribeConfigsResponse_v1,
)
from aiokafka.protocol.metadata import MetadataRequest_v5, MetadataResponse_v5
from aiokafka.protocol.types import Int16, Int32, Schema, String

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MADE: Final = 0
EXISTS: Final = 36
NOT_ALLOWED: Final = 29

_HEADER: Final = Schema(
    ("api_key", Int16), ("version", Int16), ("number", Int32), ("client", String("utf-8"))
)
_API_VERSIONS: Final = 18
_SPOKEN: Final = (MetadataRequest_v5, CreateTopicsRequest_v2, DescribeConfigsRequest_v1)
_IN_SYNC: Final = "min.insync.replicas"


@attrs.define
class Topic:
    """A topic; who asks may not be allowed to know its settings."""

    replication: int
    in_sync: int
    partitions: int = 12
    settings: dict[str, str] = attrs.field(factory=dict)
    is_open: bool = True


@attrs.define
class Cluster:
    """
    A cluster of so many brokers, one of which is there.

    Args:
        brokers: How many.
        topics: What stands.
        answer: The code that requests to make a topic are answered with.
    """

    brokers: int
    topics: dict[str, Topic] = attrs.field(factory=dict)
    answer: int = MADE
    address: str = attrs.field(default="", init=False)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, one after the other."""
        while size := await reader.read(4):
            request = BytesIO(await reader.readexactly(Int32.decode(BytesIO(size))))
            key, _, number, _ = _HEADER.decode(request)
            answer = Int32.encode(number) + self._answer(key, request).encode()
            writer.write(Int32.encode(len(answer)) + answer)
        writer.close()

    def _answer(self, key: int, request: BytesIO) -> Any:
        if key == _API_VERSIONS:
            spoken = [(one.API_KEY, one.API_VERSION, one.API_VERSION) for one in _SPOKEN]
            return ApiVersionResponse_v0(0, [(_API_VERSIONS, 0, 0), *spoken])
        if key == MetadataRequest_v5.API_KEY:
            return self._metadata(MetadataRequest_v5.decode(request).topics)
        if key == CreateTopicsRequest_v2.API_KEY:
            return self._make(CreateTopicsRequest_v2.decode(request).create_topic_requests)
        return self._settings(DescribeConfigsRequest_v1.decode(request).resources)

    def _metadata(self, names: list[str] | None) -> MetadataResponse_v5:
        assert not names  # some brokers make what is asked for by name
        host, port = self.address.split(":")
        brokers = [(node, host, int(port), None) for node in range(self.brokers)]
        topics = [(0, name, False, _partitions(topic)) for name, topic in self.topics.items()]
        return MetadataResponse_v5(0, brokers, "cluster", 0, topics)

    def _make(self, wanted: list[Any]) -> CreateTopicsResponse_v2:
        for name, partitions, replication, _, settings in wanted:
            if self.answer == MADE:
                named = dict(settings)
                in_sync = int(named.pop(_IN_SYNC))
                self.topics[name] = Topic(replication, in_sync, partitions, named)
        return CreateTopicsResponse_v2(0, [(name, self.answer, None) for name, *_ in wanted])

    def _settings(self, resources: list[Any]) -> DescribeConfigsResponse_v1:
        return DescribeConfigsResponse_v1(
            0, [(*self._of(name), 2, name, self._entries(name)) for _, name, _ in resources]
        )

    def _of(self, name: str) -> tuple[int, None]:
        return (MADE if self.topics[name].is_open else NOT_ALLOWED), None

    def _entries(self, name: str) -> list[Any]:
        topic = self.topics[name]
        return [(_IN_SYNC, str(topic.in_sync), False, 1, False, [])] if topic.is_open else []


@asynccontextmanager
async def answering(cluster: Cluster) -> AsyncIterator[None]:
    """Have a cluster answer within the block."""
    server = await asyncio.start_server(cluster.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    cluster.address = f"{host}:{port}"
    try:
        yield
    finally:
        server.close()


def _partitions(topic: Topic) -> list[Any]:
    replicas = list(range(topic.replication))
    return [(0, number, 0, replicas, replicas, []) for number in range(topic.partitions)]
