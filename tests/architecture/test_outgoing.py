"""What runs opens no URL, but for the one module that asks Shopify about shops."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
RUNS: Final = ("packages/referrals_domain", "packages/referrals_adapters", "services")
ASKS_SHOPIFY: Final = ROOT / "packages/referrals_adapters/src/referrals_adapters/shopify"
FILES: Final = sorted(
    file
    for folder in RUNS
    for file in (ROOT / folder).glob("**/src/**/*.py")
    if file != ASKS_SHOPIFY / "admin_api.py"
)
OPEN_URLS: Final = frozenset(
    {"ftplib", "http.client", "httpx", "imaplib", "smtplib", "telnetlib", "urllib.request"}
)


def imported(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_that_runs_can_open_a_url(file: Path) -> None:
    assert not OPEN_URLS & set(imported(file.read_text()))


@pytest.mark.parametrize(
    "text",
    [
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen",
        "def f():\n    from http.client import HTTPConnection",
    ],
)
def test_however_it_is_imported(text: str) -> None:
    assert OPEN_URLS & set(imported(text))
