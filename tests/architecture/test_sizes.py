"""The report of sizes counts right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.architecture.sizes import Sizes, sizes

if TYPE_CHECKING:
    from pathlib import Path

MODULE = '''\
"""A module of thirteen lines."""


def short() -> None:
    """Take two lines."""

class Long:
    @property
    async def method(self) -> int:
        def inner() -> int:
            return 1

        return inner()
'''


def test_modules_and_functions_are_counted_longest_first(tmp_path: Path) -> None:
    (tmp_path / "room" / "pb").mkdir(parents=True)
    (tmp_path / "room" / "pb" / "generated.py").write_text(MODULE)
    (tmp_path / "room" / "module.py").write_text(MODULE)
    (tmp_path / "empty.py").touch()

    counted = sizes(tmp_path)

    assert counted == Sizes(
        {"room.module": 13, "empty": 0},
        {
            "room.module.Long.method": 5,
            "room.module.Long.method.inner": 2,
            "room.module.short": 2,
        },
    )
    assert [list(found) for found in counted] == [
        ["room.module", "empty"],
        ["room.module.Long.method", "room.module.Long.method.inner", "room.module.short"],
    ]
