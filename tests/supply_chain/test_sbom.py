"""The bills of materials name what each distribution brings, by version and digest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.supply_chain.lock import OTHERS, OURS, ROOT, brought_by

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSIONS: Final = {one["name"]: one["version"] for one in OTHERS}


@pytest.fixture(scope="module")
def bills(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Every bill by its distribution."""
    folder = tmp_path_factory.mktemp("bills")
    uv = os.environ.get("UV") or shutil.which("uv")
    assert uv, "uv is on the PATH, or this runs under `uv run`"
    path = os.pathsep.join((str(Path(uv).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path}
    subprocess.run(
        [ROOT / ".ci" / "sbom", folder], check=True, env=environment, capture_output=True
    )
    return {
        file.name.removesuffix(".cdx.json"): json.loads(file.read_text())
        for file in folder.iterdir()
    }


@pytest.mark.parametrize("name", OURS)
def test_a_bill_names_all_that_is_brought(bills: Mapping[str, Any], name: str) -> None:
    bill = bills[name]
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    parts = {one["name"]: one for one in bill["components"] if one["name"] not in OURS}
    assert parts.keys() == brought_by(name)
    for part, told in parts.items():
        assert told["version"] == VERSIONS[part]
        assert told["purl"].startswith(f"pkg:pypi/{part}@")
        assert all(file["hashes"] for file in told["externalReferences"])
