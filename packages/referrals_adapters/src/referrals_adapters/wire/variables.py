"""Settings as environment variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import attrs

_HIGHEST_PORT: Final = 65535
_PLAIN_URL: Final = re.compile(
    r"(https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?)/?", re.ASCII
)
_SWITCH: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("on", "true", "1"), True),
    **dict.fromkeys(("off", "false", "0"), False),
}


class SettingsError(ValueError):
    """A variable is missing or cannot be read; the text says which, and what to set."""


@attrs.frozen
class Variables:
    """
    Environment variables, read with an error that names the variable.

    Args:
        values: The variables; an empty one counts as absent.

    >>> Variables({"REFERRALS_DB_PORT": "5434"}).port("REFERRALS_DB_PORT", default=5432)
    5434
    """

    values: Mapping[str, str] = attrs.field(repr=False)

    def text(self, name: str, *, default: str | None = None) -> str:
        """
        Return a variable's text.

        Raises:
            SettingsError: It is absent and has no default.
        """
        value = self.values.get(name) or default
        if value is None:
            raise SettingsError(f"{name} is not set")
        return value

    def port(self, name: str, *, default: int) -> int:
        """
        Return a TCP port.

        Raises:
            SettingsError: It is not a number from 1 to 65535.
        """
        value = self.values.get(name) or str(default)
        if not value.isdecimal() or not 1 <= int(value) <= _HIGHEST_PORT:
            raise SettingsError(f"{name} is a port, 1 to {_HIGHEST_PORT}, not {value!r}")
        return int(value)

    def switch(self, name: str) -> bool:
        """
        Return whether a variable is on; one that is absent is off.

        Raises:
            SettingsError: It is neither.
        """
        value = self.values.get(name) or "off"
        if value.lower() not in _SWITCH:
            raise SettingsError(f"{name} is on or off, not {value!r}")
        return _SWITCH[value.lower()]

    def url(self, name: str) -> str:
        """
        Return the URL of a host, without a slash behind it.

        Raises:
            SettingsError: It is absent, or has a user, a path, a query or a fragment.
        """
        value = self.text(name)
        url = _PLAIN_URL.fullmatch(value)
        if not url:
            raise SettingsError(f"{name} is a URL as https://host, not {value!r}")
        return url[1]


def masked(secret: object) -> str:
    """Return what a repr shows in place of a secret."""
    return "'***'" if secret else "''"
