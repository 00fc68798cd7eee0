"""Texts that nobody is to see."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """
    A password, token or key that shows itself to nobody who does not ask for it by name.

    It has no attributes that could be dumped, and it cannot be pickled, copied or written as JSON.

    Args:
        text: What it is, or a secret that says so.

    >>> password = Secret("hunter2")
    >>> password, f"{password}"
    (Secret('***'), '***')
    >>> password.revealed()
    'hunter2'
    """

    __slots__ = ("__text",)

    def __init__(self, text: str | Secret) -> None:
        self.__text: str = text.revealed() if isinstance(text, Secret) else text

    def revealed(self) -> str:
        """Return what it is, for whoever must send it or compute with it."""
        return self.__text

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "Secret('***')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.revealed() == other.revealed()

    def __hash__(self) -> int:
        return hash(self.__text)

    def __reduce_ex__(self, _: object) -> NoReturn:
        raise TypeError("a secret is neither copied nor pickled")
