"""The variables that several commands read, as their help tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DATABASE: Final[Mapping[str, str]] = {
    "REFERRALS_DB_HOST": "PostgreSQL; also _PORT (5434), _NAME (referrals_db), _USER and _PASSWORD"
}
LOGS: Final[Mapping[str, str]] = {
    "REFERRALS_LOG_FORMAT": "console (the default) or json, a line an event"
}
