"""What a person made of an order that a rule marked."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs


class ReviewVerdict(StrEnum):
    """What a person decided."""

    APPROVED = "approved"
    DENIED = "denied"


@attrs.frozen
class Review:
    """A person's verdict, and when it was given; it stays."""

    verdict: ReviewVerdict
    at: datetime
