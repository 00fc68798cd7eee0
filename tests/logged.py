"""What of log records is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from referrals_adapters.telemetry.logs import LogFormat, formatter

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable

_FORMATTER = formatter(LogFormat.JSON)


def written(records: Iterable[logging.LogRecord]) -> list[dict[str, Any]]:
    """Return the lines of a log in JSON, but for time and logger."""
    lines = [json.loads(_FORMATTER.format(record)) for record in records]
    return [{k: v for k, v in line.items() if k not in {"timestamp", "logger"}} for line in lines]
