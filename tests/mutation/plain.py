"""
Write the domain down without decorated functions where mutmut is to look: it leaves those out.

`python -m tests.mutation.plain FOLDER` does so: a property is made of a method, as
`property(method)`, and whoever asks for it still gets it.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Final, TypeAlias

_SOURCE: Final = Path(__file__).parents[2] / "packages" / "referrals_domain" / "src"
_MUTATED: Final = {"model", "use_cases"}
_AS_THEY_ARE: Final = {"classmethod", "staticmethod"}
"""What mutmut sees through."""

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def plain(source: str) -> str:
    """
    Return a module without decorators of functions.

    >>> print(plain("class A:\\n    @property\\n    def b(self):\\n        return 1"))
    class A:
        def get_b(self):
            return 1
        b = property(get_b)
    """
    lines = source.splitlines()
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, _Function)]
    for function in sorted(functions, key=lambda one: one.lineno, reverse=True):
        for decorator in function.decorator_list:
            if (name := ast.unparse(decorator)) not in _AS_THEY_ARE:
                _take_off(lines, function, decorator.lineno, name)
    return "\n".join(lines)


def _take_off(lines: list[str], function: _Function, line: int, decorator: str) -> None:
    made = f"{function.name} = {decorator}(get_{function.name})"
    lines.insert(function.end_lineno or function.lineno, " " * function.col_offset + made)
    head = lines[function.lineno - 1]
    lines[function.lineno - 1] = head.replace(f"def {function.name}", f"def get_{function.name}")
    del lines[line - 1]


def main() -> None:
    """Write every module down."""
    for file in _SOURCE.rglob("*.py"):
        copy = Path(sys.argv[1]) / file.relative_to(_SOURCE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text(encoding="utf-8")
        is_mutated = not _MUTATED.isdisjoint(file.relative_to(_SOURCE).parts)
        copy.write_text(plain(text) if is_mutated else text, encoding="utf-8")


if __name__ == "__main__":
    main()
