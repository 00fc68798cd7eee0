"""Settings as environment variables."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs

from referrals_adapters.wire.secret import Secret

_HIGHEST_PORT: Final = 65535
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
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

    def secret(self, name: str) -> Secret:
        """
        Return what a variable says, or the file that the variable with `_FILE` behind it names.

        Raises:
            SettingsError: Neither is set, or both are, or the file cannot be read or is empty.
        """
        secret = self.optional_secret(name)
        if secret is None:
            raise SettingsError(f"{name} is not set")
        return secret

    def optional_secret(self, name: str) -> Secret | None:
        """
        Return a secret as `secret` does; None if neither variable is set.

        Raises:
            SettingsError: Both are set, or the file cannot be read or is empty.
        """
        text, in_file = self.values.get(name), f"{name}_FILE"
        file = self.values.get(in_file)
        if not file:
            return Secret(text) if text else None
        if text:
            raise SettingsError(f"{name} and {in_file} are both set")
        return _secret_in(file, in_file)

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

    def number(self, name: str, *, default: int) -> int:
        """
        Return a number.

        Raises:
            SettingsError: It is not a number from 1 to 999999999.
        """
        value = self.values.get(name) or str(default)
        if not _NUMBER.fullmatch(value):
            raise SettingsError(f"{name} is a number, 1 to 999999999, not {value!r}")
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


def _secret_in(file: str, name: str) -> Secret:
    """Read a secret; no error shows its place, which may be the secret itself by mistake."""
    try:
        content, why = Path(file).read_bytes(), ""
    except (OSError, ValueError) as error:
        content, why = b"", getattr(error, "strerror", None) or "it is no path"
    if why:
        raise SettingsError(f"{name} names a file that cannot be read: {why}")
    text = os.fsdecode(content).rstrip("\r\n")  # as the variables of an environment are decoded
    if not text:
        raise SettingsError(f"{name} names a file that is empty")
    return Secret(text)
