"""Which lists, and how much of them, requests ask for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from referrals_adapters.grpc.translate.enums import status_wanted
from referrals_adapters.grpc.translate.fields import read
from referrals_adapters.grpc.translate.page_tokens import place_of
from referrals_domain.model.identifiers import CustomerId, LinkId, MerchantId
from referrals_domain.ports.referral_listing import Selection

if TYPE_CHECKING:
    from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
    from referrals_domain.model.referral import Place

DEFAULT_SIZE: Final = 50
MOST: Final = 200
"""How many referrals a page has, if nobody says, and at most."""


class Stretch(NamedTuple):
    """
    A part of a list.

    Args:
        selection: What is listed.
        after: Behind which place the part begins; None: at the start.
        size: How many it has at most.
    """

    selection: Selection
    after: Place | None
    size: int


def referrals_wanted(request: pb.ListReferralsRequest) -> Stretch:
    """
    Return the part of the list that is asked for.

    Raises:
        InvalidFields: A field is malformed, negative or unknown, or the token is of another list.
    """
    link_id, customer_id = request.referral_link_id, request.customer_id
    selection = Selection(
        merchant_id=read("merchant_id", request.merchant_id, MerchantId),
        status=read("status", request.status, status_wanted),
        referral_link_id=read("referral_link_id", link_id, LinkId) if link_id else None,
        customer_id=read("customer_id", customer_id, CustomerId) if customer_id else None,
    )
    return Stretch(
        selection,
        after=_place(request.page_token, selection),
        size=read("page_size", request.page_size, _size),
    )


def _place(token: str, selection: Selection) -> Place | None:
    return read("page_token", token, partial(place_of, selection=selection)) if token else None


def _size(given: int) -> int:
    if given < 0:
        raise ValueError("is not negative")
    return min(given, MOST) or DEFAULT_SIZE
