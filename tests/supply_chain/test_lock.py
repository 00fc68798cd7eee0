"""Nothing is installed but what the lock file knows by its digest."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from tests.supply_chain.lock import LOCK, OTHERS, OURS, ROOT, brought_by

DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


@pytest.mark.parametrize("package", OTHERS, ids=lambda one: one["name"])
def test_every_file_of_a_package_is_known_by_its_digest(package: dict[str, Any]) -> None:
    files = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
    assert files
    assert all(DIGEST.fullmatch(file["hash"]) for file in files)


def test_all_packages_are_of_one_registry_or_of_this_repository() -> None:
    assert len({one["source"]["registry"] for one in OTHERS}) == 1
    ours = [one["source"] for one in LOCK["package"] if one not in OTHERS]
    assert all(set(source) <= {"editable", "virtual"} for source in ours)


def test_the_image_installs_what_is_locked_and_nothing_for_tests() -> None:
    installs = re.findall(r"^RUN (uv .*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert installs
    assert all({"sync", "--frozen", "--no-dev"} <= set(line.split()) for line in installs)


def test_the_domain_brings_attrs_and_for_tests_pytest() -> None:
    assert "referrals-domain" in OURS
    assert {"attrs", "pytest"} <= brought_by("referrals-domain")
    assert not {"asyncpg", "grpcio", "redis"} & brought_by("referrals-domain")
