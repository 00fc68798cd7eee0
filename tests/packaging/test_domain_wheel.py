"""The domain's wheel stands alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMPORT_EVERYTHING = """
import importlib, pkgutil, referrals_domain
names = [
    module.name
    for module in pkgutil.walk_packages(referrals_domain.__path__, "referrals_domain.")
    if not module.name.startswith("referrals_domain.testing")
]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def test_the_wheel_imports_with_attrs_alone(tmp_path: Path) -> None:
    _uv("build", "--wheel", "--package", "referrals-domain", "--out-dir", str(tmp_path))
    (wheel,) = tmp_path.glob("referrals_domain-*.whl")
    _uv("venv", str(tmp_path / "venv"))
    python = str(tmp_path / "venv" / "bin" / "python")
    _uv("pip", "install", "--python", python, str(wheel))

    installed = _uv("pip", "freeze", "--python", python).split()
    imported = _run(python, "-P", "-c", IMPORT_EVERYTHING)

    names = {line.split("==")[0] for line in installed if "==" in line}
    assert names == {"attrs"}
    modules = [
        path
        for path in (ROOT / "packages/referrals_domain/src/referrals_domain").rglob("*.py")
        if "testing" not in path.parts
    ]
    assert int(imported) == len(modules) - 1  # the root package itself is not counted


def _uv(*arguments: str) -> str:
    uv = os.environ.get("UV") or shutil.which("uv")
    assert uv, "uv is on the PATH, or this runs under `uv run`"
    return _run(uv, *arguments)


def _run(*command: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    result = subprocess.run(  # noqa: S603 - uv and the venv that it made
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout
