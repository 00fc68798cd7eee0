"""The order path on an empty database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.order_path.path import OrderPath, order_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.postgres.settings import PostgresSettings


@pytest.fixture
async def path(database: PostgresSettings) -> AsyncIterator[OrderPath]:
    async with order_path(database) as path:
        yield path
