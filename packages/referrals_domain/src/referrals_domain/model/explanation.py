"""Why an order was decided as it was: kept for people to read, and for nothing else."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from referrals_domain.model.referral import Cause


class Verdict(StrEnum):
    """What a rule said of an order."""

    PASSED = "passed"
    REFUSED = "refused"
    MARKED = "marked"
    """A person is to decide."""

    NOT_ASKED = "not_asked"
    """Nothing hung on it any more, so that what it rests on was not found out."""


@attrs.frozen
class RuleVerdict:
    """
    What one rule said.

    Args:
        rule: The rule's name.
        verdict: What it said.
        cause: The cause that it refused with.
    """

    rule: str
    verdict: Verdict
    cause: Cause | None = None


@attrs.frozen(kw_only=True)
class Explanation:
    """
    How an order was decided.

    No decision ever reads it: status follows from facts, evidence and program alone.

    Args:
        decided_at: Since when it has been decided so.
        program_version: The version of the program that counted.
        verdicts: What every rule said, in the order in which causes are named.
    """

    decided_at: datetime
    program_version: int
    verdicts: tuple[RuleVerdict, ...]
