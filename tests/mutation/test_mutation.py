"""What tries the tests of the domain tries all of it, and counts right."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import pytest

from tests.mutation.figures import figures, table
from tests.mutation.plain import plain
from tests.readme import pages

ROOT: Final = Path(__file__).parents[2]
DOMAIN: Final = ROOT / "packages" / "referrals_domain"
REPORT: Final = ROOT / "docs" / "mutation.md"
MUTMUT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"][
    "mutmut"
]
RESULTS: Final = """
    referrals_domain.model.money.x__exponent__mutmut_1: killed
    referrals_domain.model.money.xǁMoneyǁparse__mutmut_12: survived
    referrals_domain.use_cases.sweep.x_sweep__mutmut_1: timeout
    referrals_domain.use_cases.sweep.x_sweep__mutmut_2: no tests
    referrals_domain.use_cases.sweep.x_sweep__mutmut_3: killed
"""


@pytest.mark.parametrize("room", ["model", "use_cases"])
def test_every_module_is_mutated(room: str) -> None:
    modules = {str(file.relative_to(DOMAIN)) for file in DOMAIN.rglob(f"{room}/*.py")}
    assert modules
    for module in modules:
        assert any(fnmatch(module, pattern) for pattern in MUTMUT["only_mutate"]), module


def test_the_tests_that_are_run_and_those_that_are_not_are_there() -> None:
    left_out = [one for one in MUTMUT["pytest_add_cli_args"] if one.startswith("--deselect=")]
    for test in [*MUTMUT["pytest_add_cli_args_test_selection"], *left_out]:
        path, _, name = test.removeprefix("--deselect=").partition("::")
        assert (ROOT / path).exists(), test
        assert not name or f"def {name}(" in (ROOT / path).read_text(), test


@pytest.mark.parametrize("room", ["model", "use_cases"])
def test_no_function_of_a_module_is_decorated_when_it_is_mutated(room: str) -> None:
    for file in DOMAIN.rglob(f"{room}/*.py"):
        text = plain(file.read_text())
        compile(text, file, "exec")
        decorators = set(re.findall(r"^ *@([\w.]+)", text, re.MULTILINE))
        assert decorators <= {"attrs.frozen", "attrs.define", "classmethod"}


def test_a_decorated_function_is_made_of_a_plain_one() -> None:
    names: dict[str, Any] = {}
    exec(plain(DECORATED), names)  # noqa: S102 - the text of this test
    assert names["A"]().one == 1
    assert names["A"].two() == 2
    assert not isinstance(names["A"].get_one, property)


def test_the_report_is_of_modules_that_are_there_and_adds_up() -> None:
    rows = {
        row[0].strip("`"): [int(one.replace(",", "")) for one in row[1:-1]]
        for row in pages.table(REPORT, "Figures")
    }
    everything = rows.pop("all")
    for module in rows:
        file = DOMAIN / "src" / "referrals_domain" / f"{module.replace('.', '/')}.py"
        assert file.exists(), module
    assert everything == [sum(numbers) for numbers in zip(*rows.values(), strict=True)]


def test_mutants_are_counted_by_module() -> None:
    assert table(figures(RESULTS.splitlines())).splitlines()[2:] == [
        "| `model.money` | 2 | 1 | 0 | 1 | 50.0 % |",
        "| `use_cases.sweep` | 3 | 1 | 1 | 1 | 66.7 % |",
        "| `all` | 5 | 2 | 1 | 2 | 60.0 % |",
    ]


def test_mutants_that_were_not_tried_are_not_counted() -> None:
    not_tried = RESULTS.replace("killed", "not checked")
    with pytest.raises(ValueError, match=r"^some mutants are not checked$"):
        figures(not_tried.splitlines())


DECORATED: Final = '''
class A:
    @property
    def one(self) -> int:
        """Return one."""
        return 1

    @classmethod
    def two(cls) -> int:
        return 2
'''
