"""A little of what `python -m tests.fuzz` does at length, and proof that it finds mistakes."""

from __future__ import annotations

import subprocess
import sys
from platform import machine
from typing import TYPE_CHECKING, Final

import pytest

from tests.fuzz import calls
from tests.fuzz.laws import law
from tests.fuzz.posting import WORDS, Shop
from tests.tally import tried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Hold = Callable[[bytes], None]

SEEDS: Final = calls.seeds()
FEW: Final = 300  # inputs
MANY: Final = 20_000
FIRST: Final = b"orders/create\n{}"

watched = pytest.mark.skipif(
    (sys.platform, machine()) != ("linux", "x86_64") or sys.version_info >= (3, 14),
    reason="atheris is made for Linux on x86-64 and Python up to 3.13",
)


@pytest.fixture(scope="module")
def hold() -> Iterator[Hold]:
    with law() as hold:
        yield hold


def fuzz(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.fuzz", "--folder", str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", SEEDS)
def test_all_that_must_hold_holds_of_a_seed(hold: Hold, name: str) -> None:
    hold(SEEDS[name])


async def test_the_seeds_have_every_answer_that_nobody_is_away_for() -> None:
    shop = Shop()
    words = {
        word for raw in SEEDS.values() for word in await shop.require_answers(calls.read(raw))
    }
    assert words == {"not_found", *WORDS} - {"repeated", "no_program"}


@watched
@pytest.mark.timeout(120)  # it takes 4 s; the machine may be busy
def test_nothing_is_found_in_a_few_hundred_inputs(tmp_path: Path) -> None:
    done = fuzz(tmp_path, "--inputs", str(FEW), "--seed", "1")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    *_, summary, crashes = done.stdout.splitlines()
    assert summary.startswith(f"{FEW} inputs, ")
    assert crashes == "crashes: 0"
    tried("fuzzed webhook", FEW)


@watched
@pytest.mark.timeout(120)  # it takes 4 s; the machine may be busy
def test_a_guard_that_is_gone_is_found_and_the_bytes_that_show_it_are_kept(
    tmp_path: Path, hold: Hold
) -> None:
    more = ("--seconds", "100", "--inputs", str(MANY), "--seed", "1")
    done = fuzz(tmp_path, *more, "--plant", "any_year")
    assert done.returncode == 1
    assert "OverflowError: date value out of range" in done.stdout
    (crash,) = tmp_path.glob("crash-*")
    assert crash.read_bytes() not in SEEDS.values()
    hold(crash.read_bytes())  # where the guard is in its place


@pytest.mark.parametrize("raw", [b"", b"\n", b"\n---\n", b"\n---\n" * 9, FIRST, FIRST + b"\n---"])
def test_any_bytes_are_calls_and_are_written_as_they_were_read(raw: bytes) -> None:
    read = calls.read(raw)
    assert calls.read(calls.written(read)) == read
