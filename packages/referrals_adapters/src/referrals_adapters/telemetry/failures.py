"""Exceptions as logs show them: where and of what kind, but not what they say."""

from __future__ import annotations

import traceback
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def described(error: BaseException) -> str:
    """
    Return the kinds of an exception, of its causes and of its parts, each with where it rose.

    An exception's text may quote what it stumbled over, and with it a person's name.

    >>> try:
    ...     int("friend@example.test")
    ... except ValueError as error:
    ...     described(error)
    'ValueError at <doctest referrals_adapters.telemetry.failures.described[0]>:2 <module>'
    """
    return "; ".join(_lines(error, set()))


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    """Tell of an error, then of what it came from; none twice, for causes may go in a circle."""
    if id(error) in seen:
        return
    seen.add(id(error))
    places = " < ".join(
        f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_tb(error.__traceback__))
    )
    kind = type(error).__name__
    yield f"{kind} at {places}" if places else kind
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _lines(part, seen)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause:
        for line in _lines(cause, seen):
            yield f"from {line}"
