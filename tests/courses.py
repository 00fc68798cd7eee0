"""The ways in which what concerns one order may arrive, and what may happen meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Generic, Self, TypeVar

import attrs
from hypothesis import strategies as st

from referrals_domain.model.order import OrderFacts
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.testing import builders
from tests.tally import tried

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from tests.domain.world import World

T = TypeVar("T")

UNDONE_FIRST: Final = "cancellation or refund first"

TIMES: Final = [
    *(timedelta(0), timedelta(seconds=1), timedelta(minutes=20)),
    *(timedelta(days=days) for days in (1, 5, 20)),
]
"""How much time may pass between two arrivals."""

ALL_IS_OVER: Final = builders.PLACED_AT + timedelta(days=300)
"""When every hold and every window has ended."""


@attrs.frozen(kw_only=True)
class End:
    """What must be equal; versions, history, evidence and the number of events may differ."""

    facts: OrderFacts
    status: ReferralStatus | None
    cause: Cause | None
    share: ReferralStatus
    net_reward: int

    @classmethod
    def of(cls, world: World, *, rewarded: int = 0) -> Self:
        """Return how the order of a world ended, which was rewarded so often before it."""
        order = world.order()
        assert order
        referral = world.referral_of() if order.referral_id else None
        return cls(
            facts=order.facts,
            status=referral.status if referral else None,
            cause=referral.cause if referral else None,
            share=world.share().status,
            net_reward=world.net_reward() - rewarded,
        )


@attrs.frozen(kw_only=True)
class Meanwhile:
    """
    What happens after an arrival; in the end all of it does.

    Args:
        batches: How many deliveries each of two workers takes, who work at the same time.
        passes: How much time passes.
        sweeps: Whether the janitor sweeps.
        looks: Whether a reviewer looks.
    """

    batches: tuple[int, int] = (1, 0)
    passes: timedelta = timedelta(seconds=1)
    sweeps: bool = False
    looks: bool = False


@attrs.frozen(kw_only=True)
class Course(Generic[T]):
    """
    One way in which things may go.

    Args:
        arrivals: The deliveries in the order in which they arrive; some come twice.
        meanwhile: What happens after each.
        neighbours_away_for: How many arrivals Auth and Core sleep through.
    """

    arrivals: Sequence[T]
    meanwhile: Sequence[Meanwhile]
    neighbours_away_for: int = 0


@st.composite
def courses(
    draw: st.DrawFn, kinds: Sequence[T], *, undoing: Collection[T], may_look: bool
) -> Course[T]:
    """
    Draw a course in which each of the kinds arrives at least once.

    Args:
        draw: Hypothesis' own.
        kinds: What arrives.
        undoing: The kinds that undo the order: half of the courses that have one begin with one.
        may_look: Whether a reviewer may look before all has arrived.
    """
    again = draw(st.lists(st.sampled_from(kinds), max_size=2))
    arrivals = draw(st.permutations([*kinds, *again]))
    undone = [one for one in arrivals if one in undoing]
    if draw(st.booleans()) and undone:
        arrivals.remove(undone[0])
        arrivals.insert(0, undone[0])
    meanwhile = st.builds(
        Meanwhile,
        batches=st.tuples(st.integers(0, 3), st.integers(0, 3)),
        passes=st.sampled_from(TIMES),
        sweeps=st.booleans(),
        looks=st.booleans() if may_look else st.just(value=False),
    )
    return Course(
        arrivals=arrivals,
        meanwhile=draw(st.lists(meanwhile, min_size=len(arrivals), max_size=len(arrivals))),
        neighbours_away_for=draw(st.sampled_from([0, 0, 1, 2])),
    )


@contextmanager
def counting(what: str, undoing: Collection[T]) -> Iterator[Callable[[Course[T]], None]]:
    """Count how courses begin; a fifth must begin with what undoes the order."""
    begun = Counter[str]()

    def count(course: Course[T]) -> None:
        undone_first = course.arrivals[0] in undoing
        begun[UNDONE_FIRST if undone_first else "others"] += 1

    yield count
    for kind, number in begun.items():
        tried(kind, number, what=what)
    assert begun[UNDONE_FIRST] * 5 >= begun.total()
