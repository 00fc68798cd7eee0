"""Which names a module imports: an import graph knows no names, only modules."""

from __future__ import annotations

import ast
from importlib.abc import InspectLoader
from importlib.machinery import PathFinder
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class ImportedName(NamedTuple):
    """A module, or a name in one, and the line in which it is imported."""

    path: str
    line: int


def imported_names(module: str) -> Iterator[ImportedName]:
    """Yield what a module's text imports from other packages, wherever in it."""
    for node in ast.walk(ast.parse(_source(module))):
        if isinstance(node, ast.Import):
            yield from (ImportedName(one.name, node.lineno) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for one in node.names:
                yield ImportedName(f"{node.module}.{one.name}", node.lineno)


def _source(module: str) -> str:
    """Return a module's text; nothing is imported for it."""
    name, *rest = module.split(".")
    spec = find_spec(name)
    for one in rest:
        name = f"{name}.{one}"
        spec = PathFinder.find_spec(name, spec.submodule_search_locations if spec else None)
    loader = spec.loader if spec else None
    assert isinstance(loader, InspectLoader), f"{module} has no text"
    return loader.get_source(module) or ""
