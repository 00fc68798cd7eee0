"""
Logs: a line an event, on standard error, in JSON or for a person at a console.

Whoever logs uses the standard library's `logging` with a constant text and `extra` fields; here
is decided what of that is written. No body, name, email or code of a person is: of the fields
only those in `FIELDS`, of exceptions only kind and place.
"""

from __future__ import annotations

import logging
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Self

import attrs
import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter

from referrals_adapters.telemetry.failures import described
from referrals_adapters.wire.variables import SettingsError

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from structlog.types import Processor

    from referrals_adapters.wire.variables import Variables

FIELDS: Final = frozenset(
    {
        *("attempts", "breaker", "count", "event_id", "event_type", "exit_code", "method"),
        *("outcome", "reason", "referral_id", "role", "routine", "seconds", "topic", "variable"),
    }
)
"""The fields that may be written: ids of ours, counts, and words from our own lists."""

WORTH_READING: Final = (
    *("referrals_domain", "referrals_adapters", "referrals_grpc", "referrals_webhook"),
    "alembic.runtime.migration",
)
"""The loggers of which more than warnings is worth reading: ours, and the migrations' steps."""


class LogFormat(StrEnum):
    """How a line looks."""

    CONSOLE = "console"
    JSON = "json"


@attrs.frozen(kw_only=True)
class LogSettings:
    """
    How to log.

    Args:
        format: How a line looks.
    """

    format: LogFormat = LogFormat.CONSOLE

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read `REFERRALS_LOG_FORMAT`: `console`, the default, or `json`.

        Raises:
            SettingsError: It is another word.
        """
        word = variables.text("REFERRALS_LOG_FORMAT", default=LogFormat.CONSOLE)
        try:
            return cls(format=LogFormat(word))
        except ValueError:
            words = " or ".join(LogFormat)
            raise SettingsError(f"REFERRALS_LOG_FORMAT is {words}, not {word!r}") from None


def set_up_logs(settings: LogSettings) -> None:
    """Have all that this process logs written to standard error: ours, and others' warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(settings.format))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in WORTH_READING:
        logging.getLogger(name).setLevel(logging.INFO)


def formatter(format_: LogFormat) -> logging.Formatter:
    """Return what turns a record into a line."""
    return ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            ExtraAdder(allow=FIELDS),
            _describe_failure,
        ],
        processors=[ProcessorFormatter.remove_processors_meta, *_renderers(format_)],
    )


def _renderers(format_: LogFormat) -> Sequence[Processor]:
    if format_ is LogFormat.JSON:
        return [structlog.processors.JSONRenderer(sort_keys=True)]
    return [_escape, structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)]


def _escape(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Escape what ends a line or moves a cursor: a library's text may quote a caller."""
    return {
        name: value if not isinstance(value, str) else "".join(map(_printable, value))
        for name, value in event.items()
    }


def _printable(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]


def _describe_failure(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace an exception by what may be said of it."""
    failure = event.pop("exc_info", None)
    if failure and isinstance(failure[1], BaseException):
        event["failure"] = described(failure[1])
    return event
