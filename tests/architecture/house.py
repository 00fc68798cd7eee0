"""The house, and copies of it in which something was changed, before import-linter."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_MEMBERS: Final = ("packages/*/src", "services/*/src")


def copied(folder: Path) -> None:
    """Copy all that import-linter looks at."""
    ignore = shutil.ignore_patterns("__pycache__")
    for source in (path for pattern in _MEMBERS for path in ROOT.glob(pattern)):
        shutil.copytree(source, folder / source.relative_to(ROOT), ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", folder)


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Check a tree's contracts on that tree's own modules, in a width that wraps no line."""
    sources = [str(path) for pattern in _MEMBERS for path in root.glob(pattern)]
    return subprocess.run(  # noqa: S603 - our own linter on our own tree
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sources), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
