"""What a statement answers with."""

from __future__ import annotations

from typing import Any

import asyncpg


class Row(asyncpg.Record):
    """A row whose columns are attributes, too."""

    def __getattr__(self, name: str) -> Any:
        """Return a column's value."""
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None
