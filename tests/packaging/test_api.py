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


def test_parts_of_use_cases_are_modules_of_them() -> None:
    source = ROOT / "packages/referrals_domain/src"
    assert all((source / f"{part.replace('.', '/')}.py").is_file() for part in PARTS)


@pytest.mark.parametrize("project", MEMBERS, ids=lambda file: file.parent.name)
def test_the_change_log_begins_with_the_version(project: Path) -> None:
    version = tomllib.loads(project.read_text())["project"]["version"]
    log = (project.parent / "CHANGELOG.md").read_text()
    assert re.findall(r"^## (\S+)", log, re.MULTILINE)[0] == version
