"""
Have the tests that took least come first: most mutants die of one of them.

`pytest -p` takes it up, in the folder where mutmut keeps what each test took.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pytest

_STATS: Final = Path("mutmut-stats.json")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests; those of which nothing is known come first."""
    if _STATS.exists():
        took = json.loads(_STATS.read_text())["duration_by_test"]
        items.sort(key=lambda item: took.get(item.nodeid, 0))
