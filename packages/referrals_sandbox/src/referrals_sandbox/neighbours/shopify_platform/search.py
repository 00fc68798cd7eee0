"""
Shopify's search syntax, as much of it as asks for what changed within a time.

https://shopify.dev/docs/api/usage/search-syntax: terms are joined by blanks or `AND`, and times
stand in quotes; Shopify takes them without as well. It ignores what it does not know and answers
with everything: here that is an error, as it can only be a mistake.
"""

from __future__ import annotations

import operator
import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_TERM: Final = re.compile(
    r"""\s*(?:AND\s+)?updated_at:(>=|<=|>|<)(?:'([^']*)'|"([^"]*)"|([^\s'"]+))(?:\s+|\Z)"""
)
_COMPARED: Final[dict[str, Callable[[datetime, datetime], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def wanted(query: str | None) -> Callable[[datetime], bool]:
    """
    Return what tells whether a time of change is asked for.

    Raises:
        ValueError: The query is none that is understood here.
    """
    terms = list(_terms(query or ""))
    return lambda updated_at: all(holds(updated_at, bound) for holds, bound in terms)


def _terms(query: str) -> list[tuple[Callable[[datetime, datetime], bool], datetime]]:
    terms, place = [], 0
    while place < len(query):
        term = _TERM.match(query, place)
        if term is None:
            raise ValueError(f"the query is not understood from {query[place:]!r} on")
        bound = datetime.fromisoformat(term[2] or term[3] or term[4])
        if bound.tzinfo is None:
            raise ValueError(f"{bound} has no offset")
        terms.append((_COMPARED[term[1]], bound))
        place = term.end()
    return terms
