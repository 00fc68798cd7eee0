"""Whom the work that is under way may act for."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from referrals_domain.model.identifiers import MerchantId

_ADMITTED: Final[ContextVar[Collection[MerchantId]]] = ContextVar("admitted", default=())


class admitting:  # noqa: N801 - a block's manager; a generator would cost each call more
    """Have what is done in the block act for these merchants, and for no others."""

    __slots__ = ("_before", "_merchant_ids")

    def __init__(self, merchant_ids: Collection[MerchantId]) -> None:
        self._merchant_ids = merchant_ids

    def __enter__(self) -> None:
        self._before = _ADMITTED.set(self._merchant_ids)

    def __exit__(self, *_: object) -> None:
        _ADMITTED.reset(self._before)


def admitted() -> Collection[MerchantId]:
    """
    Return the merchants.

    Transactions ask here, and not the use case, whose request may be read wrongly: a call's
    merchant is the one that Auth was asked about.
    """
    return _ADMITTED.get()
