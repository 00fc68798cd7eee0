"""Each wheel installs alone, and with each extra alone: it brings what its room needs, no more."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final

import pytest

from tests.packaging.wheels import ROOT, Environment, Imports, built, installed

if TYPE_CHECKING:
    from pathlib import Path

WITHOUT_TESTING: Final = {"contracts": "pytest", "laws": "pytest"}
WITHOUT_LAYERING: Final = {"layering": "importlinter"}
"""What of `referrals_domain.testing` cannot be imported without an extra, and what it lacks."""

EXTRAS: Final = tomllib.loads((ROOT / "packages/referrals_adapters/pyproject.toml").read_text())[
    "project"
]["optional-dependencies"]
SHARED: Final = {"flow", "system", "wire"}
"""The rooms of the adapters that need no extra."""


@pytest.fixture(scope="module")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("referrals-domain", tmp_path_factory.mktemp("domain"))


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("referrals-adapters", tmp_path_factory.mktemp("adapters"))


def test_the_domain_stands_on_attrs_alone(domain: Path, tmp_path: Path) -> None:
    environment = installed(tmp_path / "venv", str(domain))

    imports = environment.imports("referrals_domain")

    assert environment.distributions == {"attrs"}
    assert lacking(imports) == {**WITHOUT_TESTING, **WITHOUT_LAYERING}
    source = ROOT / "packages/referrals_domain/src/referrals_domain"
    modules = [*imports.imported, *imports.failed]
    assert len(modules) == len([*source.rglob("*.py")]) - 1  # the root package is not counted


@pytest.mark.long
@pytest.mark.parametrize(
    ("extra", "lacks"), [("testing", WITHOUT_LAYERING), ("layering", WITHOUT_TESTING)]
)
def test_an_extra_of_the_domain_brings_its_modules(
    domain: Path, tmp_path: Path, extra: str, lacks: dict[str, str]
) -> None:
    environment = installed(tmp_path / "venv", f"{domain}[{extra}]")
    assert lacking(environment.imports("referrals_domain")) == lacks


@pytest.mark.long
@pytest.mark.parametrize("extra", [None, *EXTRAS])
def test_an_extra_of_the_adapters_brings_its_room_and_no_other(
    domain: Path, adapters: Path, tmp_path: Path, extra: str | None
) -> None:
    wheel = f"{adapters}[{extra}]" if extra else str(adapters)
    environment = installed(tmp_path / "venv", str(domain), wheel)
    assert rooms_in(environment) == SHARED | ({extra} if extra else set())


def lacking(imports: Imports) -> dict[str, str]:
    """Return what of `referrals_domain.testing` could not be imported; all else could be."""
    assert all(module.startswith("referrals_domain.testing.") for module in imports.failed)
    return {module.split(".")[2]: lacks for module, lacks in imports.failed.items()}


def rooms_in(environment: Environment) -> set[str]:
    """Return the rooms whose modules can all be imported; of every other some lack a library."""
    imports = environment.imports("referrals_adapters")
    assert not [lacks for lacks in imports.failed.values() if lacks.startswith("referrals")]
    rooms = {module.split(".")[1] for module in (*imports.imported, *imports.failed)}
    return rooms - {module.split(".")[1] for module in imports.failed}
