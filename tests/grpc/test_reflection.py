"""Schemas are told to anybody where the setting says so, and to nobody elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import grpc.aio
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha.reflection_pb2 import (
    ServerReflectionRequest,
    ServerReflectionResponse,
)
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub

from tests.grpc.service import serving_in_memory

if TYPE_CHECKING:
    from tests.grpc.service import Service
    from tests.neighbours import Neighbour

SERVICE = "referrals.v1.ReferralsService"


async def reflect(service: Service, request: ServerReflectionRequest) -> ServerReflectionResponse:
    """Ask one question, as a tool without a token does."""
    call = ServerReflectionStub(service.channel).ServerReflectionInfo(iter([request]), timeout=5)
    async for answer in call:
        return answer
    raise AssertionError("no answer")


async def test_nobody_is_told_the_schemas_unless_the_setting_says_so(service: Service) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await reflect(service, ServerReflectionRequest(list_services=""))
    assert failure.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("aio", [False, True])
async def test_anybody_is_told_which_services_there_are_where_it_does(
    auth: Neighbour, *, aio: bool
) -> None:
    async with serving_in_memory(auth, reflection=True, aio=aio) as service:
        answer = await reflect(service, ServerReflectionRequest(list_services=""))
    assert [one.name for one in answer.list_services_response.service] == [
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
        SERVICE,
    ]


@pytest.mark.parametrize("aio", [False, True])
async def test_the_schema_of_our_service_is_told(auth: Neighbour, *, aio: bool) -> None:
    async with serving_in_memory(auth, reflection=True, aio=aio) as service:
        answer = await reflect(service, ServerReflectionRequest(file_containing_symbol=SERVICE))
    (first, *_) = answer.file_descriptor_response.file_descriptor_proto
    assert FileDescriptorProto.FromString(first).service[0].name == "ReferralsService"
