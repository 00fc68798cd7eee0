"""Another team's walls hold: what it plants breaks the law that is named for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from referrals_domain.testing.layering.laws import LAWS
from tests.architecture.house import DOWNSTREAM, ROOT, downstream_copied, lint_downstream

if TYPE_CHECKING:
    from pathlib import Path

APPLICATION = f"{DOWNSTREAM}/src/best_advocates"
DOMAIN = "packages/referrals_domain/src/referrals_domain"
READY = "The referrals library is used as it is meant to be"

PLANTED = [
    pytest.param(
        f"{DOMAIN}/model/money.py",
        "from best_advocates.standing import Standing",
        "The library knows nobody who uses it",
        "referrals_domain.model.money imports best_advocates.standing",
        id="library to application",
    ),
    pytest.param(
        f"{DOMAIN}/use_cases/list_referrals.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import sqlalchemy",
        "The domain stands on attrs and the standard library",
        "referrals_domain.use_cases.list_referrals imports sqlalchemy",
        id="a patch of the domain that brings a library",
    ),
    pytest.param(
        f"{APPLICATION}/standing.py",
        "from referrals_domain.model.identifiers import (\n    OrderId,\n    _Identifier,\n)",
        "Only what is public is imported",
        "best_advocates.standing imports referrals_domain.model.identifiers._Identifier",
        id="a private name",
    ),
    pytest.param(
        f"{APPLICATION}/rank_advocates.py",
        "def _nested() -> None:\n    from referrals_domain.use_cases import docket",
        "Only what is public is imported",
        "best_advocates.rank_advocates imports referrals_domain.use_cases.docket",
        id="a part of a use case",
    ),
    pytest.param(
        f"{APPLICATION}/rank_advocates.py",
        "from referrals_domain.testing.memory.store import InMemoryStore",
        "Adapters, and what is for tests, come in at a composition root",
        "best_advocates.rank_advocates imports referrals_domain.testing.memory.store",
        id="use case to what is for tests",
    ),
    pytest.param(
        f"{APPLICATION}/standing.py",
        "from referrals_adapters.postgres import engine",
        "Adapters, and what is for tests, come in at a composition root",
        "best_advocates.standing imports referrals_adapters",
        id="model to adapter",
    ),
    pytest.param(
        f"{APPLICATION}/text.py",
        "from best_advocates.__main__ import put_together",
        "Nobody imports a composition root",
        "best_advocates.text imports best_advocates.__main__",
        id="adapter to composition root",
    ),
]
"""What is planted where, the law that it breaks, and how the breach is told."""


def test_the_application_keeps_every_contract() -> None:
    report = lint_downstream(ROOT)
    assert report.returncode == 0, report.stdout
    assert "Contracts: 3 kept, 0 broken." in report.stdout


@pytest.mark.long
@pytest.mark.parametrize(("file", "planted", "law", "breach"), PLANTED)
def test_a_violation_breaks_the_law_that_is_named_for_it(
    tmp_path: Path, file: str, planted: str, law: str, breach: str
) -> None:
    downstream_copied(tmp_path)
    _append(tmp_path / file, planted)

    report = lint_downstream(tmp_path)

    told = report.stdout.partition("Broken contracts")[2]
    assert report.returncode == 1
    assert f"{READY} BROKEN" in report.stdout
    assert [one.name for one in LAWS if f"{one.name}:" in told] == [law]
    assert [line for line in told.splitlines() if line.startswith(f"- {breach} (l.")]
    assert next(one.guidance for one in LAWS if one.name == law) in told


def test_every_law_is_broken_by_something_here() -> None:
    assert {one.values[2] for one in PLANTED} == {law.name for law in LAWS}


@pytest.mark.long
@pytest.mark.parametrize(
    ("file", "planted", "broken"),
    [
        ("standing.py", "import numpy", "The report uses attrs"),
        (
            "standing.py",
            "from best_advocates import text",
            "The command, then adapters, then the use case, then the model",
        ),
        (
            "helpers.py",
            '"""A stray module."""',
            "The command, then adapters, then the use case, then the model",
        ),
    ],
    ids=["a library that nobody listed", "model to adapter", "a stray module"],
)
def test_a_violation_breaks_the_applications_own_contracts(
    tmp_path: Path, file: str, planted: str, broken: str
) -> None:
    downstream_copied(tmp_path)
    _append(tmp_path / APPLICATION / file, planted)
    report = lint_downstream(tmp_path)
    assert report.returncode == 1
    assert f"{broken} BROKEN" in report.stdout


@pytest.mark.long
@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("include_external_packages = true\n", "", "include_external_packages: set it to true"),
        (', "referrals_domain"]', "]", "root_packages: name referrals_domain as well"),
        ("best_advocates.__main__", "best_advocates.main", "there is no composition root"),
        ('libraries = ["attrs"]', 'libraries = ["attrs", "cattrs"]', "nobody imports cattrs"),
    ],
)
def test_a_configuration_that_names_what_is_not_there_is_refused(
    tmp_path: Path, before: str, after: str, why: str
) -> None:
    downstream_copied(tmp_path)
    configuration = tmp_path / DOWNSTREAM / "pyproject.toml"
    configuration.write_text(configuration.read_text().replace(before, after))
    report = lint_downstream(tmp_path)
    assert report.returncode == 1
    assert why in report.stdout


def _append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as module:
        module.write(f"\n{text}\n")
