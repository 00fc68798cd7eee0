"""What the library offers changes on purpose, and has one import path."""

from __future__ import annotations

import ast
import re
import tomllib
from typing import TYPE_CHECKING, Final

import pytest

from referrals_domain.testing.layering.public import LIBRARY, PARTS
from tests.packaging.api import ROOT, listing, page

if TYPE_CHECKING:
    from pathlib import Path

MEMBERS: Final = [
    *sorted(ROOT.glob("packages/*/pyproject.toml")),
    *sorted(ROOT.glob("services/*/pyproject.toml")),
]
USE_CASES: Final = ROOT / "packages/referrals_domain/src/referrals_domain/use_cases"
RENEW: Final = """\
The public API has changed. If so it shall: `uv run python -m tests.packaging.api` lists it anew,
and the distribution's CHANGELOG.md tells of it."""


@pytest.mark.parametrize("package", LIBRARY)
def test_the_public_api_is_the_one_that_is_listed(package: str) -> None:
    assert listing(package) == page(package).read_text(), RENEW


@pytest.mark.parametrize("package", LIBRARY)
def test_packages_offer_nothing_that_their_modules_define(package: str) -> None:
    for file in (ROOT / "packages" / package / "src").rglob("__init__.py"):
        imported = [
            node
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(LIBRARY)
        ]
        assert not imported, f"{file} is a second import path"


def test_what_is_public_of_the_use_cases_is_one_each() -> None:
    files = {f"{USE_CASES.name}.{file.stem}": file for file in USE_CASES.glob("[!_]*.py")}
    modules = {f"referrals_domain.{module}": file for module, file in files.items()}
    assert modules.keys() >= PARTS
    for module in modules.keys() - PARTS:
        tree = ast.parse(modules[module].read_text())
        classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
        assert modules[module].stem.replace("_", " ").title().replace(" ", "") in classes, (
            f"if {module} is no use case, public.PARTS lists it"
        )


@pytest.mark.parametrize("project", MEMBERS, ids=lambda file: file.parent.name)
def test_the_change_log_begins_with_the_version(project: Path) -> None:
    version = tomllib.loads(project.read_text())["project"]["version"]
    log = (project.parent / "CHANGELOG.md").read_text()
    assert re.findall(r"^## (\S+)", log, re.MULTILINE)[0] == version
