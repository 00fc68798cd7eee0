"""Everything that can happen, breadth first."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from tests.cache_model.world import State, Step, World

G1: Final = "G1"
G2: Final = "G2"


@attrs.frozen(kw_only=True)
class Findings:
    """
    What was found.

    Args:
        states: How many states there are.
        ends: In how many of them nothing is under way.
        stale_ends: In how many of these the cache holds something else than the primary.
        happened: What happened anywhere.
        broken: The shortest way to break each guarantee that can be broken.
    """

    states: int
    ends: int
    stale_ends: int
    happened: set[str]
    broken: dict[str, list[str]]

    def __str__(self) -> str:
        """Return what a person wants to know."""
        numbers = f"{self.states:,} states, {self.stale_ends:,} of {self.ends:,} ends stale"
        ways = (f"{name} breaks:\n  " + "\n  ".join(way) for name, way in self.broken.items())
        return "\n".join([numbers, *ways])


def explore(world: World) -> Findings:
    """Go everywhere."""
    came_from: dict[State, State | None] = dict.fromkeys(world.starts())
    queue = deque(came_from)
    ends = stale_ends = 0
    happened: set[str] = set()
    broken: dict[str, list[str]] = {}
    while queue:
        state = queue.popleft()
        if state.is_drained and state.is_stale and G2 not in broken:
            broken[G2] = _way(world, came_from, state)
        if state.is_settled:
            ends += 1
            stale_ends += state.is_stale
        for step in world.steps(state):
            happened.add(step.what)
            if step.returned < step.least and G1 not in broken:
                broken[G1] = [*_way(world, came_from, state), _line(step)]
            if step.after not in came_from:
                came_from[step.after] = state
                queue.append(step.after)
    return Findings(
        states=len(came_from),
        ends=ends,
        stale_ends=stale_ends,
        happened=happened,
        broken=broken,
    )


def _way(world: World, came_from: dict[State, State | None], state: State) -> list[str]:
    """Return the steps that lead to a state."""
    way: list[str] = []
    before = came_from[state]
    while before:
        way.append(_line(next(one for one in world.steps(before) if one.after == state)))
        state, before = before, came_from[before]
    return way[::-1]


def _line(step: Step) -> str:
    return f"{step.what}: {step.after}"
