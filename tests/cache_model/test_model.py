"""The cache's protocol keeps its promises whatever happens, and without any part it would not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.cache_model import mutants
from tests.cache_model.breadth_first import G1, G2, Findings, explore
from tests.cache_model.explore import main
from tests.cache_model.mutants import MUTANTS
from tests.cache_model.protocol import CacheProtocol
from tests.cache_model.world import World
from tests.readme.pages import ROOT, table
from tests.tally import tried

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE: Final = ROOT / "docs" / "cache.md"
BREAKS: Final = {
    mutants.NoLease: {G1, G2},
    mutants.LeaseFromACounter: {G1, G2},
    mutants.FillFromAReplica: {G1, G2},
    mutants.NoDurableInvalidation: {G2},
    mutants.PlainCacheAside: {G1, G2},
    mutants.WriteThrough: {G1, G2},
    mutants.CompareAndSet: {G1, G2},
    mutants.ListForgetsWhatHasGrown: {G2},
    mutants.ListForgetsWhatWasNotTold: {G2},
    mutants.NeitherFloorNorVoidLease: {G1, G2},
    mutants.NoFloor: set[str](),  # because an invalidation also takes the lease
    mutants.FloorLeavesTheLease: set[str](),  # because it also leaves a floor
}


@pytest.fixture(scope="module")
def explored() -> Mapping[type[CacheProtocol], Findings]:
    """What was found of the protocol with three readers, of each mutant with two."""
    found = {mutant: explore(World(protocol=mutant())) for mutant in MUTANTS}
    return {CacheProtocol: explore(World(protocol=CacheProtocol(), readers=3)), **found}


def test_no_guarantee_is_ever_broken(explored: Mapping[type[CacheProtocol], Findings]) -> None:
    found = explored[CacheProtocol]
    assert not found.broken, found
    assert not found.stale_ends
    what = "states of the cache's protocol"
    tried("under way", found.states - found.ends, what=what)
    tried("right ends", found.ends - found.stale_ends, what=what)
    tried("stale ends", found.stale_ends, what=what)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mutant_breaks_what_it_must(
    explored: Mapping[type[CacheProtocol], Findings], mutant: type[CacheProtocol]
) -> None:
    found = explored[mutant]
    assert set(found.broken) == BREAKS[mutant], found
    assert bool(found.stale_ends) == (G2 in found.broken)
    tried("caught" if found.broken else "harmless", what="mutants of the cache's protocol")


def test_everything_that_can_happen_has_happened(
    explored: Mapping[type[CacheProtocol], Findings],
) -> None:
    assert explored[CacheProtocol].happened == {
        "a fill arrives",
        "a fill is lost",
        "a lease is lost on its way",
        "a reader finds it filled",
        "a reader gets a lease",
        "a reader hits",
        "a reader is not answered",
        "a reader misses",
        "a reader reads the database",
        "a replica answers for the primary, marked stale",
        "a writer commits",
        "an invalidation arrives",
        "the cache restarts empty",
        "the entry expires",
        "the janitor crashes",
        "the janitor deletes",
        "the janitor is not answered",
        "the janitor reads the list",
        "the janitor tells the cache",
        "the lease expires",
    }


def test_the_way_to_a_stale_end_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["NoDurableInvalidation"]) == 1
    shown = capsys.readouterr().out
    assert "G2 breaks:\n  a writer commits: primary 1, listed 0, key v|0" in shown
    assert main(["--readers", "1"]) == 0


def test_the_page_tells_what_was_found(
    explored: Mapping[type[CacheProtocol], Findings],
) -> None:
    told = table(PAGE, "Without any part it breaks")
    assert told == [_row(mutant, explored[mutant]) for mutant in MUTANTS]
    found = explored[CacheProtocol]
    assert f"{found.states:,} states, 0 of {found.ends} ends stale" in PAGE.read_text()


def _row(mutant: type[CacheProtocol], found: Findings) -> list[str]:
    breaks = ", ".join(sorted(found.broken)) or "nothing"
    return [
        f"`{mutant.__name__}`",
        str(mutant.__doc__),
        breaks,
        f"{found.stale_ends} of {found.ends}",
    ]
