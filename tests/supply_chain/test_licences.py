"""All that is installed is free, and what runs asks for nothing in return."""

from __future__ import annotations

from importlib.metadata import PathDistribution, distributions
from typing import TYPE_CHECKING, Final

import pytest

from tests.supply_chain.licences import FILES_ALONE, PERMISSIVE, licences
from tests.supply_chain.lock import brought_by

if TYPE_CHECKING:
    from pathlib import Path

INSTALLED: Final = {one.name.lower().replace("_", "-"): one for one in distributions()}
RUNS: Final = (brought_by("referrals-grpc") | brought_by("referrals-webhook")) & INSTALLED.keys()
UNCHANGED: Final = frozenset({"certifi"})  # MPL-2.0: a list of authorities that we do not change


@pytest.mark.parametrize("name", sorted(INSTALLED))
def test_what_is_installed_is_free(name: str) -> None:
    found = licences(INSTALLED[name])
    assert found
    assert found <= PERMISSIVE | FILES_ALONE


@pytest.mark.parametrize("name", sorted(RUNS - UNCHANGED))
def test_what_runs_may_be_used_in_anything(name: str) -> None:
    assert licences(INSTALLED[name]) <= PERMISSIVE


@pytest.mark.parametrize(
    "told",
    [
        "License-Expression: AGPL-3.0-only",
        "License-Expression: MIT OR GPL-2.0-only",
        "License: Commercial",
        "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)",
        "Classifier: License :: Other/Proprietary License",
        "Summary: nothing about it",
    ],
)
def test_what_is_not_is_told_apart(tmp_path: Path, told: str) -> None:
    (tmp_path / "METADATA").write_text(f"Metadata-Version: 2.4\nName: x\nVersion: 1\n{told}\n")
    found = licences(PathDistribution(tmp_path))
    assert not found or not found <= PERMISSIVE | FILES_ALONE
