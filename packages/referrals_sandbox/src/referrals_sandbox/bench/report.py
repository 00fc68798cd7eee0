"""What a bench run measured."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

import attrs

from referrals_sandbox.bench.figures import Alternated, Slice

_MAY_BE_LEFT_OUT: Final = ("no_signal", "drain", "drain_kafka", "growth_r", "growth_c")


class Letter(NamedTuple):
    """
    One of the three that are measured in turns with a base.

    Args:
        name: Its letter.
        base: That of its base.
        measured: What was measured.
    """

    name: str
    base: str
    measured: Alternated


@attrs.frozen(kw_only=True)
class Report:
    """
    What a run measured.

    Args:
        r: Reads between echoes.
        w: Webhooks between transactions.
        c: Conversions between transactions.
        bare: The webhooks of W, taken by an endpoint that looks at nothing.
        no_signal: Orders without a signal; None: left out.
        drain: Events that the relay passed to the broker; None: left out.
        drain_kafka: The same to a real Kafka; None: left out.
        growth_r: R with many referrals between R with few; None: left out.
        growth_c: C with many referrals between C with few; None: left out.
        started: How long each role took from its start until it was ready, in seconds.
        memory: The memory of each role when it is idle, in MB of 10^6 bytes.
        resident: The same, where libraries that processes share count in whole for each of them.
        libraries: What is resident of a process that has imported what `referrals-grpc` stands
            on.
        peak: The most memory that each role had under its load, in the same MB.
        left_out: Why, of whatever was left out.
        elsewhere: The servers that run outside the sandbox, so that their CPU is not counted.
        machine_load: The load average of the machine before it all.

    Raises:
        ValueError: Something was left out without a reason, or has one and was not.
    """

    r: Alternated
    w: Alternated
    c: Alternated
    bare: Sequence[Slice]
    no_signal: Sequence[Slice] | None
    drain: Sequence[Slice] | None
    drain_kafka: Sequence[Slice] | None
    growth_r: Alternated | None
    growth_c: Alternated | None
    started: Mapping[str, Sequence[float]]
    memory: Mapping[str, float]
    resident: Mapping[str, float]
    libraries: float
    peak: Mapping[str, float]
    elsewhere: Collection[str]
    machine_load: float
    left_out: Mapping[str, str] = attrs.field()

    @left_out.validator
    def _tells_why(self, _: object, left_out: Mapping[str, str]) -> None:
        missing = {name for name in _MAY_BE_LEFT_OUT if getattr(self, name) is None}
        if missing != left_out.keys():
            raise ValueError(f"left out: {sorted(missing)}; reasons for: {sorted(left_out)}")

    @property
    def letters(self) -> Sequence[Letter]:
        """R, W and C."""
        return (Letter("R", "E", self.r), Letter("W", "P", self.w), Letter("C", "P", self.c))

    @property
    def rates(self) -> Sequence[tuple[str, Sequence[Slice]]]:
        """Whatever was measured without a base, by its name."""
        measured = (
            ("a bare endpoint", self.bare),
            ("orders without a signal", self.no_signal),
            ("relay's drain", self.drain),
            ("drain to a real Kafka", self.drain_kafka),
        )
        return [(name, slices) for name, slices in measured if slices is not None]
