"""Whether bytes that nobody could read mention a person."""

from __future__ import annotations

import re
from typing import Final

import attrs

_NUMBER: Final = re.compile(r"[0-9]+")
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


@attrs.frozen(repr=False)
class Mentions:
    """
    What a person would be known by in a body, as it stands there or as JSON escapes it.

    Args:
        numbers: Ids of the person and of their orders; whole numbers, not parts of others.
        texts: An email address, a telephone number; in whatever case.
    """

    numbers: frozenset[str]
    texts: frozenset[str] = frozenset()

    def are_in(self, body: bytes) -> bool:
        r"""
        Tell whether a body has one of them.

        >>> Mentions(frozenset({"7001"})).are_in(b'{"id": 57001')
        False
        >>> Mentions(frozenset(), frozenset({"jo@x.example"})).are_in(b"JO\\u0040X.example")
        True
        """
        text = _unescaped(body.decode(errors="replace")).lower()
        if any(one.lower() in text for one in self.texts):
            return True
        return not self.numbers.isdisjoint(_NUMBER.findall(text))


def _unescaped(text: str) -> str:
    plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text.replace("\\/", "/"))
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
