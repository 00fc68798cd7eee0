"""
What a distribution offers to others: every public name, with its signature, where it is defined.

`uv run python -m tests.packaging.api` lists it anew.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

from referrals_domain.testing.layering.public import LIBRARY, is_public

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT: Final = Path(__file__).parents[2]
_ELSEWHERE: Final = ("referrals_adapters.grpc.pb", "referrals_adapters.postgres.migrations")
"""The schemas in `proto` say what the first has, and only alembic calls the second."""


def page(package: str) -> Path:
    """Return the file that lists what a package offers."""
    return ROOT / "packages" / package / "API.txt"


def listing(package: str) -> str:
    """Return what a package offers, a module each."""
    source = ROOT / "packages" / package / "src"
    modules = {
        ".".join(file.relative_to(source).with_suffix("").parts).removesuffix(".__init__"): file
        for file in source.rglob("*.py")
    }
    sections = []
    for module, file in sorted(modules.items()):
        if is_public(module) and not module.startswith(_ELSEWHERE):
            lines = [f"    {line}" for line in _offered(ast.parse(file.read_text()).body)]
            sections += ["\n".join([module, *lines])] if lines else []
    return "\n\n".join(sections) + "\n"


def _offered(body: Iterable[ast.stmt]) -> Iterator[str]:
    """Yield what the body of a module or a class offers, a line each, and inner ones indented."""
    for node in body:
        match node:
            case ast.ClassDef(name=name) if is_public(name):
                yield from _decorators(node)
                bases = ", ".join(map(ast.unparse, [*node.bases, *node.keywords]))
                yield f"class {name}({bases})" if bases else f"class {name}"
                yield from (f"    {line}" for line in _offered(node.body))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if is_public(name):
                yield from _decorators(node)
                yield _signature(node)
            case ast.AnnAssign(target=ast.Name(id=name)) if is_public(name):
                default = " = ..." if node.value else ""
                yield f"{name}: {ast.unparse(node.annotation)}{default}"
            case ast.Assign(targets=[ast.Name(id=name)]) if not name.startswith("_"):
                yield ast.unparse(node) if isinstance(node.value, ast.Constant) else name


def _decorators(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Yield the decorators of a class or function, without the cases of a test."""
    for one in node.decorator_list:
        text = ast.unparse(one)
        yield f"@{text.partition('(')[0] if text.startswith('pytest.mark') else text}"


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    answer = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{word} {node.name}({ast.unparse(node.args)}){answer}"


def main() -> None:
    """Write the lists of the library's distributions."""
    for package in LIBRARY:
        page(package).write_text(listing(package))


if __name__ == "__main__":
    main()
