"""
The load, driven by locust: `python -m referrals_sandbox.load.driving PLAN RESULT`.

A process of its own, which nobody imports: locust replaces what the standard library waits with.
It reads a `Plan` from one file, and writes what it found, `Driven`, to the other.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import attrs
from locust import User, task
from locust.env import Environment
from locust.exception import StopUser

from referrals_adapters.wire.documents import from_document, to_document
from referrals_sandbox.load.client import CallFailed, Device
from referrals_sandbox.load.driven import Driven, Step
from referrals_sandbox.load.journey import Journey
from referrals_sandbox.load.plan import Plan
from referrals_sandbox.load.scenario import Advocate
from referrals_sandbox.neighbours.shopify_platform.shopkeeper import Shopkeeper

_USERS: Final = 40  # advocates who act at a time: 100 were answered 503 on a busy machine
_TELLS_EVERY: Final = 5.0  # seconds
_MOST_ERRORS: Final = 10
_LOOKED: Final = 0.05  # seconds
_MILLISECONDS: Final = 1000


@attrs.define
class Turns:
    """
    Which advocate is next, and when they are due.

    Args:
        advocates: All of them.
        seconds: Over how long they are spread evenly.
    """

    advocates: Sequence[Advocate]
    seconds: float
    begun: float = attrs.field(factory=time.monotonic, init=False)
    taken: int = attrs.field(default=0, init=False)

    def next(self) -> Advocate | None:
        """Wait until the next advocate is due, and return them; None: there are no more."""
        if self.taken == len(self.advocates):
            return None
        number, self.taken = self.taken, self.taken + 1
        due = self.begun + self.seconds * number / len(self.advocates)
        time.sleep(max(0.0, due - time.monotonic()))
        return self.advocates[number]


def drive(plan: Plan) -> Driven:
    """Have advocates act as planned; return once all have."""
    turns = Turns(plan.advocates(), plan.seconds)
    errors: dict[str, None] = {}  # each once, the first ones first

    def note(exception: Exception, **_: Any) -> None:
        errors[f"{type(exception).__name__}: {exception}"] = None

    environment = Environment(user_classes=[_person(plan, turns, errors)], catch_exceptions=True)
    environment.events.user_error.add_listener(note)  # type: ignore[no-untyped-call]  # theirs is
    runner = environment.create_local_runner()
    runner.start(_USERS, spawn_rate=_USERS)
    _wait(environment, turns)
    seconds = time.monotonic() - turns.begun
    runner.quit()
    return Driven(seconds=seconds, steps=_steps(environment), errors=list(errors)[:_MOST_ERRORS])


def _person(plan: Plan, turns: Turns, errors: dict[str, None]) -> type[User]:
    """Return what locust makes its users of: who acts as one advocate after the other."""
    devices, shops = iter(range(_USERS)), Shopkeeper(plan.shopify)

    class Person(User):
        def on_start(self) -> None:
            device = Device(plan.gateway, next(devices), self.tell)
            self.journey = Journey(plan=plan, client=device, shops=shops, told=self.tell)

        @task
        def act(self) -> None:
            advocate = turns.next()
            if advocate is None:
                raise StopUser
            with suppress(CallFailed):  # who is told of it already
                self.journey.play(advocate)

        def tell(self, step: str, seconds: float, error: CallFailed | None) -> None:
            if error:
                errors[str(error)] = None
            self.environment.events.request.fire(
                request_type="",
                name=step,
                response_time=_MILLISECONDS * seconds,
                response_length=0,
                exception=error,
                context={},
            )

    return Person


def _wait(environment: Environment, turns: Turns) -> None:
    """Wait until all have acted, and tell how far they are."""
    told = turns.begun
    runner = environment.runner
    while runner and (turns.taken < len(turns.advocates) or runner.user_count):
        time.sleep(_LOOKED)
        if time.monotonic() > told + _TELLS_EVERY:
            told = time.monotonic()
            calls = environment.stats.total.num_requests
            print(
                f"{told - turns.begun:4.0f} s  {turns.taken:,} of {len(turns.advocates):,} "
                f"advocates, {calls:,} calls, {environment.stats.total.num_failures} failed",
                flush=True,
            )


def _steps(environment: Environment) -> Sequence[Step]:
    return [
        Step(
            name=name,
            calls=entry.num_requests,
            failures=entry.num_failures,
            p50=entry.get_response_time_percentile(0.5),
            p95=entry.get_response_time_percentile(0.95),
            p99=entry.get_response_time_percentile(0.99),
        )
        for (name, _), entry in environment.stats.entries.items()
    ]


def main(plan: Path, result: Path) -> None:
    """Drive a plan from a file, and write what was found to another."""
    driven = drive(from_document(Plan, plan.read_text(encoding="utf-8")))
    result.write_text(to_document(driven), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
