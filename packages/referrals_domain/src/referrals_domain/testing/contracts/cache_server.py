"""The laws of `CacheServer`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from referrals_domain.ports.cache_server import CacheServer


class CacheServerContract(ABC):
    """
    One server has one identity, and no other has it.

    Override both fixtures.
    """

    @pytest.fixture
    @abstractmethod
    def cache_server(self) -> CacheServer:
        """Return the server."""

    @pytest.fixture
    @abstractmethod
    def lose(self, cache_server: CacheServer) -> Callable[[], None]:
        """Return what makes it lose all that it keeps."""

    async def test_as_long_as_nothing_is_lost_it_is_the_same(
        self, cache_server: CacheServer
    ) -> None:
        assert await cache_server.identity() == await cache_server.identity()

    async def test_what_has_lost_something_is_another(
        self, cache_server: CacheServer, lose: Callable[[], None]
    ) -> None:
        identities = [await cache_server.identity()]
        for _ in range(2):
            lose()
            identities.append(await cache_server.identity())
        assert len(set(identities)) == 3
