"""What the process that drives the load found."""

from collections.abc import Sequence

import attrs


@attrs.frozen(kw_only=True)
class Step:
    """
    How one step went.

    Args:
        name: The step.
        calls: How often it was taken.
        failures: How often it failed.
        p50: The median of how long it took, in milliseconds.
        p95: What 95 in 100 did not exceed.
        p99: What 99 in 100 did not exceed.
    """

    name: str
    calls: int
    failures: int
    p50: float
    p95: float
    p99: float


@attrs.frozen(kw_only=True)
class Driven:
    """
    How a run went, as who made it saw it.

    Args:
        seconds: How long it took.
        steps: How each step went.
        errors: What failed, each thing once.
    """

    seconds: float
    steps: Sequence[Step]
    errors: Sequence[str]
