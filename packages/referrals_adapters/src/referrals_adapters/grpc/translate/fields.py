"""Fields of a request, read into values of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from referrals_domain.model.identifiers import (
    CustomerId,
    LinkId,
    MerchantId,
    ReferralId,
    RequestId,
    ShopDomain,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Raw = TypeVar("Raw")
Value = TypeVar("Value")

REQUIRED: Final = "is required"

_FORMS: Final[Mapping[Callable[[Any], Any], str]] = {
    MerchantId: "is 1 to 64 letters, digits, dashes and underscores",
    CustomerId: "is 1 to 64 letters, digits, dashes and underscores",
    LinkId: "is a UUID",
    ReferralId: "is a UUID",
    RequestId: "is a UUID",
    ShopDomain: "is a shop's permanent domain, as in acme.myshopify.com",
}
"""What the identifiers look like; other values tell it themselves."""


class Violation(NamedTuple):
    """
    What is wrong with one field of a request.

    Args:
        field: The field's path, as in `program.shop_domain`.
        description: What it should be.
    """

    field: str
    description: str


class InvalidFields(ValueError):
    """Fields of a request are missing, malformed or out of their range."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{field} {wrong}" for field, wrong in violations))
        self.violations = tuple(violations)


def read(field: str, raw: Raw, kind: Callable[[Raw], Value]) -> Value:
    """
    Read a field that must be given.

    Raises:
        InvalidFields: It is empty, or `kind` refuses it.

    >>> read("referral_id", "1'; --", ReferralId)
    Traceback (most recent call last):
    referrals_adapters.grpc.translate.fields.InvalidFields: referral_id is a UUID
    """
    if raw == "":
        raise InvalidFields([Violation(field, REQUIRED)])
    try:
        return kind(raw)
    except (ValueError, OverflowError) as error:
        raise InvalidFields([Violation(field, _FORMS.get(kind, str(error)))]) from error
