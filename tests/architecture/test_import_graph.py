"""No file escapes the import graph, where walls could not see it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[2]


def test_every_file_is_in_the_graph() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    graph = grimp.build_graph(*linter["root_packages"], cache_dir=None)
    files = {
        ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
        for pattern in ("packages/*/src", "services/*/src")
        for source in ROOT.glob(pattern)
        for path in source.rglob("*.py")
    }
    assert files == graph.modules
