"""The walls hold: a violation planted in a copy breaks the contract that is named for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEMBERS = ("packages/*/src", "services/*/src")
MODULE = "packages/referrals_domain/src/referrals_domain/model/money.py"


def test_the_house_as_it_stands_keeps_every_contract() -> None:
    report = _lint(ROOT)
    assert report.returncode == 0, report.stdout
    assert "0 broken" in report.stdout


@pytest.mark.parametrize(
    "planted",
    [
        "\nimport sqlalchemy\n",
        "\ndef _nested() -> None:\n    import sqlalchemy\n",
        "\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import sqlalchemy\n",
    ],
    ids=["at the top", "in a function", "under TYPE_CHECKING"],
)
def test_sql_in_the_domain_breaks_a_contract_that_says_what_to_do(
    tmp_path: Path, planted: str
) -> None:
    copy = _copy(tmp_path)
    module = copy / MODULE
    module.write_text(module.read_text() + planted)

    report = _lint(copy)

    assert report.returncode == 1
    assert "The domain stands on attrs and the standard library BROKEN" in report.stdout
    assert "Say what you need as a port" in report.stdout
    assert "SQL lives in referrals_adapters.postgres BROKEN" in report.stdout
    assert "2 broken" in report.stdout


def _copy(folder: Path) -> Path:
    ignore = shutil.ignore_patterns("__pycache__")
    for source in (path for pattern in MEMBERS for path in ROOT.glob(pattern)):
        shutil.copytree(source, folder / source.relative_to(ROOT), ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Check a tree's contracts on that tree's own modules, in a width that wraps no line."""
    sources = [str(path) for pattern in MEMBERS for path in root.glob(pattern)]
    return subprocess.run(  # noqa: S603 - our own linter on our own tree
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sources), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
