"""Neighbours on real sockets, and our service between them and a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from referrals_adapters.grpc.channel import open_channel
from tests.grpc.service import Service, serving_in_memory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.grpc.channel import Channel
    from tests.neighbours import Neighbour


@pytest.fixture
async def auth_channel(auth: Neighbour) -> AsyncIterator[Channel]:
    async with open_channel(auth.target) as channel:
        yield channel


@pytest.fixture
async def core_channel(core: Neighbour) -> AsyncIterator[Channel]:
    async with open_channel(core.target) as channel:
        yield channel


@pytest.fixture
async def service(auth: Neighbour) -> AsyncIterator[Service]:
    async with serving_in_memory(auth) as service:
        yield service
