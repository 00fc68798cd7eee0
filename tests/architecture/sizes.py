"""
How many lines modules and functions have, from the first to the last; nothing fails by it.

`uv run python tests/architecture/sizes.py` prints the longest of each package, `--json` all.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).parents[2]
_GENERATED: Final = "pb"
_SHOWN: Final = 4


class Sizes(NamedTuple):
    """The lines of a package's modules and functions by their names, the longest first."""

    modules: Mapping[str, int]
    functions: Mapping[str, int]


def sizes(package: Path) -> Sizes:
    """Count the lines of one package; generated code is nobody's style."""
    modules: dict[str, int] = {}
    functions: dict[str, int] = {}
    for file in package.rglob("*.py"):
        parts = file.relative_to(package).with_suffix("").parts
        if _GENERATED not in parts:
            text, module = file.read_text(encoding="utf-8"), ".".join(parts)
            modules[module] = len(text.splitlines())
            functions |= _functions(ast.parse(text), module)
    return Sizes(_longest_first(modules), _longest_first(functions))


def _functions(within: ast.AST, name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for node in ast.iter_child_nodes(within):
        inner = name
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            inner = f"{name}.{node.name}"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[inner] = (node.end_lineno or node.lineno) - node.lineno + 1
        found |= _functions(node, inner)
    return found


def _longest_first(lines: Mapping[str, int]) -> Mapping[str, int]:
    return dict(sorted(lines.items(), key=lambda item: (-item[1], item[0])))


def _report(package: str, counted: Sizes) -> str:
    lines = [f"{package}: {sum(counted.modules.values())} lines"]
    for kind, found in counted._asdict().items():
        longest = ", ".join(f"{name} {size}" for name, size in list(found.items())[:_SHOWN])
        lines += [f"  {len(found)} {kind}, median {median(found.values()):.0f}; longest {longest}"]
    return "\n".join(lines)


def main() -> None:
    """Print what every package of the house has."""
    packages = sorted(
        file.parent
        for kind in ("packages", "services")
        for file in ROOT.glob(f"{kind}/*/src/*/__init__.py")
    )
    counted = {package.name: sizes(package) for package in packages}
    if "--json" in sys.argv:
        print(json.dumps({name: one._asdict() for name, one in counted.items()}, indent=2))  # noqa: T201 - what it is for
    else:
        print(*(_report(name, one) for name, one in counted.items()), sep="\n")  # noqa: T201 - as above


if __name__ == "__main__":
    main()
