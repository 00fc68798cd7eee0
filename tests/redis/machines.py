"""State machines that act on a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.domain.strategies import examples
from tests.tally import tried

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

MANY: Final = 400
"""Sequences are that many at most: each takes a tenth of a second or two."""


class ServerMachine(RuleBasedStateMachine):
    """
    A machine whose steps wait for a server.

    Args:
        runner: The loop, which stands still between the steps.
    """

    def __init__(self, runner: asyncio.Runner) -> None:
        super().__init__()
        self._runner = runner

    def run(self, work: Awaitable[T]) -> T:
        """Have the loop run until the work is done."""

        async def working() -> T:
            return await work

        return self._runner.run(working())


def play(machine: Callable[[], ServerMachine], *, few: int, steps: int) -> None:
    """Play as many sequences as the profile says, or a few."""

    def counted() -> ServerMachine:
        tried(machine.__name__, what="sequences on a real server")
        return machine()

    run_state_machine_as_test(
        counted,  # type: ignore[arg-type] # it takes whatever makes a machine
        settings=settings(
            max_examples=min(MANY, examples(few)),
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
