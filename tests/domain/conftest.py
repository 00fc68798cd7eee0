"""A world in which a link was shared."""

from __future__ import annotations

import pytest

from tests.domain.world import World


@pytest.fixture
async def world() -> World:
    """Return a world with the builders' program, link and share."""
    world = World()
    await world.set_up()
    return world
