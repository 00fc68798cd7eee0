"""Python as an installation of a service has it: without the tools of development."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOOLS: Final = ("pydantic", "rich", "werkzeug", "yaml")
"""
What no service needs, and dependency-injector (4.49) and structlog (26.1) import where it is.

The sandbox and its tests bring it along; the services' images do not have it.
"""

_HIDING: Final = f"""
import sys

class _Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {TOOLS!r}:
            raise ModuleNotFoundError(f"{{name}} is hidden", name=name)

sys.meta_path.insert(0, _Hidden())
"""


@contextmanager
def installed() -> Iterator[Mapping[str, str]]:
    """Return the variables by which Python finds no tools within the block."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "sitecustomize.py").write_text(_HIDING, encoding="utf-8")
        yield {"PYTHONPATH": folder}
