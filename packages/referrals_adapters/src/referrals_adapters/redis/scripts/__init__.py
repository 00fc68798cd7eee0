"""The scripts that change keys, each in one step; `entry.lua` stands before all of them."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Self

import attrs
from redis.commands.core import AsyncScript

if TYPE_CHECKING:
    from redis.asyncio import Redis


@attrs.frozen(kw_only=True)
class Scripts:
    """
    The scripts, bound to a client, which sends them to a server that does not know them.

    Args:
        lease: A reader found no value.
        fill: The holder of a lease brings one.
        invalidate: A writer has committed new versions.
        drop: Who watches saw values that are wrong.
    """

    lease: AsyncScript
    fill: AsyncScript
    invalidate: AsyncScript
    drop: AsyncScript

    @classmethod
    def of(cls, redis: Redis) -> Self:
        """Return the scripts for this client."""
        return cls(
            lease=redis.register_script(_text("lease.lua")),
            fill=redis.register_script(_text("fill.lua")),
            invalidate=redis.register_script(_text("invalidate.lua")),
            drop=redis.register_script(_text("drop.lua")),
        )


def _text(name: str) -> str:
    folder = files(__name__)
    return "\n".join((folder / file).read_text() for file in ("entry.lua", name))
