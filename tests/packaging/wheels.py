"""The library's wheels, built and installed as another team installs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import attrs

ROOT: Final = Path(__file__).parents[2]
_ONLY_ALEMBIC_RUNS: Final = "referrals_adapters.postgres.migrations.env"
_IMPORT_EVERYTHING: Final = f"""
import importlib, json, pkgutil, sys
imported, failed = [], {{}}
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, f"{{package.__name__}}.", onerror=str):
    if module.name != "{_ONLY_ALEMBIC_RUNS}":
        try:
            importlib.import_module(module.name)
        except ImportError as error:
            failed[module.name] = error.name
        else:
            imported.append(module.name)
print(json.dumps([imported, failed]))
"""


@attrs.frozen
class Imports:
    """
    What became of importing every module of a package.

    Args:
        imported: The modules that could be.
        failed: The others, each with what it lacks.
    """

    imported: list[str]
    failed: dict[str, str]


@attrs.frozen
class Environment:
    """An environment in which nothing is installed but what was asked for."""

    python: Path

    @property
    def distributions(self) -> set[str]:
        """The distributions of others."""
        frozen = uv("pip", "freeze", "--python", self.python).splitlines()
        return {line.partition("==")[0] for line in frozen if "==" in line}

    def imports(self, package: str) -> Imports:
        """Import every module of a package."""
        return Imports(*json.loads(_run(self.python, "-P", "-c", _IMPORT_EVERYTHING, package)))


def built(distribution: str, folder: Path) -> Path:
    """Build the wheel of a distribution of ours."""
    uv("build", "--wheel", "--package", distribution, "--out-dir", folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def installed(folder: Path, *requirements: str) -> Environment:
    """Install what is asked for, with what it requires, in an environment of its own."""
    uv("venv", folder)
    python = folder / "bin" / "python"
    uv("pip", "install", "--no-compile-bytecode", "--python", python, *requirements)
    return Environment(python)


def uv(*words: str | Path) -> str:
    """Run uv and return what it prints."""
    found = os.environ.get("UV") or shutil.which("uv")
    assert found, "uv is on the PATH, or this runs under `uv run`"
    return _run(found, *words)


def _run(*command: str | Path) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    result = subprocess.run(  # noqa: S603 - uv and the environment that it made
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout
