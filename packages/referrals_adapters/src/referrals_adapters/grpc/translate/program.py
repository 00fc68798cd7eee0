"""A program as a message, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
from google.protobuf.duration_pb2 import Duration

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.translate.enums import MOMENTS, moment_of
from referrals_adapters.grpc.translate.fields import REQUIRED, InvalidFields, Violation, read
from referrals_domain.model.identifiers import MerchantId, ShopDomain
from referrals_domain.model.program import ReferralProgram

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

_BLANK: Final = ReferralProgram(
    merchant_id=MerchantId("blank"),
    shop_domain=ShopDomain("blank.myshopify.com"),
    storefront_url="https://blank.example",
)
"""The defaults; what it has for required fields is always replaced."""

_REQUIRED: Final = frozenset({"merchant_id", "shop_domain", "storefront_url"})

_SETTINGS: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "merchant_id": ("merchant_id", MerchantId),
    "shop_domain": ("shop_domain", ShopDomain),
    "storefront_url": ("storefront_url", str),
    "code_prefix": ("code_prefix", str),
    "window": ("window", Duration.ToTimedelta),
    "complete_on": ("complete_on", moment_of),
    "hold": ("hold", Duration.ToTimedelta),
    "minimum_order_minor": ("minimum_order", int),
    "refund_percent_that_undoes": ("refund_percent", int),
    "velocity_cap": ("velocity_cap", int),
    "review": ("review", bool),
    "new_friends_only": ("new_friends_only", bool),
    "discount_link": ("discount_link", bool),
    "active": ("active", bool),
    "retention": ("retention", Duration.ToTimedelta),
}
"""Each field of the message: the program's name for it, and how it is read."""


def program_of(message: pb.Program) -> ReferralProgram:
    """
    Return the program; what is absent from the message has its default, and version is ignored.

    Raises:
        InvalidFields: Fields are missing, malformed or out of their range; all of them are named.
    """
    given = {field.name: value for field, value in message.ListFields()}
    violations = [Violation(f"program.{field}", REQUIRED) for field in _REQUIRED - given.keys()]
    program = _BLANK
    for field in _SETTINGS.keys() & given.keys():
        name, kind = _SETTINGS[field]
        try:
            value = read(f"program.{field}", given[field], kind)
            program = attrs.evolve(program, **{name: value})
        except InvalidFields as error:
            violations += error.violations
        except ValueError as error:  # the program refuses the value
            violations.append(Violation(f"program.{field}", str(error)))
    if violations:
        raise InvalidFields(sorted(violations))
    return program


def program_message(program: ReferralProgram) -> pb.Program:
    """Return the program with every field filled in but a retention that is for ever."""
    return pb.Program(
        merchant_id=program.merchant_id,
        shop_domain=program.shop_domain,
        storefront_url=program.storefront_url,
        code_prefix=program.code_prefix,
        window=_duration(program.window),
        complete_on=MOMENTS[program.complete_on],
        hold=_duration(program.hold),
        minimum_order_minor=program.minimum_order,
        refund_percent_that_undoes=program.refund_percent,
        velocity_cap=program.velocity_cap,
        review=program.review,
        new_friends_only=program.new_friends_only,
        discount_link=program.discount_link,
        active=program.active,
        retention=None if program.retention is None else _duration(program.retention),
        version=program.version,
    )


def _duration(delta: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(delta)
    return duration
