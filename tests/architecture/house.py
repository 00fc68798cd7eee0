"""The house and its examples, and copies in which something was changed, before import-linter."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT: Final = Path(__file__).parents[2]
DOWNSTREAM: Final = Path("examples", "downstream")
_MEMBERS: Final = ("packages/*/src", "services/*/src")
_DOMAIN: Final = "packages/referrals_domain/src"


def copied(folder: Path) -> None:
    """Copy all that import-linter looks at."""
    _copy((*_MEMBERS, "pyproject.toml"), folder)


def downstream_copied(folder: Path) -> None:
    """Copy what it looks at for the application of another team, the library among it."""
    _copy((_DOMAIN, f"{DOWNSTREAM}/src", f"{DOWNSTREAM}/pyproject.toml"), folder)


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Check a tree's contracts on that tree's own modules."""
    return _lint(root, (path for pattern in _MEMBERS for path in root.glob(pattern)))


def lint_downstream(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of another team's application, on it and on the tree's own library."""
    return _lint(root / DOWNSTREAM, [root / DOWNSTREAM / "src", root / _DOMAIN])


def _copy(patterns: Iterable[str], folder: Path) -> None:
    for source in (path for pattern in patterns for path in ROOT.glob(pattern)):
        target = folder / source.relative_to(ROOT)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def _lint(folder: Path, sources: Iterable[Path]) -> subprocess.CompletedProcess[str]:
    """Check the contracts of a folder, in a width that wraps no line."""
    return subprocess.run(  # noqa: S603 - our own linter on our own tree
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(one.resolve()) for one in sources),
            "COLUMNS": "200",
        },
        capture_output=True,
        text=True,
        check=False,
    )
