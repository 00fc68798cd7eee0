"""Whom the work that is under way may act for."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from referrals_domain.model.identifiers import MerchantId

_ADMITTED: Final[ContextVar[Collection[MerchantId]]] = ContextVar("admitted", default=())


@contextmanager
def admitting(merchant_ids: Collection[MerchantId]) -> Iterator[None]:
    """Have what is done in the block act for these merchants, and for no others."""
    before = _ADMITTED.set(merchant_ids)
    try:
        yield
    finally:
        _ADMITTED.reset(before)


def admitted() -> Collection[MerchantId]:
    """
    Return the merchants.

    Transactions ask here, and not the use case, whose request may be read wrongly: a call's
    merchant is the one that Auth was asked about.
    """
    return _ADMITTED.get()
