"""Auth, asked about merchants by gRPC."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

import attrs
import grpc

from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.grpc.asking import OutOfTime
from referrals_adapters.grpc.calls import Method, Outcome, Pace
from referrals_adapters.grpc.channel import Channel
from referrals_adapters.grpc.pb.auth.v1.auth_pb2 import (
    ValidateMerchantRequest,
    ValidateMerchantResponse,
)
from referrals_adapters.grpc.settings import AUTH_SERVICE
from referrals_domain.errors import Unauthenticated
from referrals_domain.ports.merchant_validator import MerchantValidator, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import MerchantId

_VERDICTS: Final = {
    grpc.StatusCode.NOT_FOUND: Verdict.INVALID,
    grpc.StatusCode.PERMISSION_DENIED: Verdict.DENIED,
}
"""The errors that are verdicts; no other says anything about the merchant."""


@attrs.frozen
class GrpcMerchantValidator(MerchantValidator):
    """
    Auth, asked in the name of one caller.

    Args:
        authorization: The caller's `authorization` metadata, passed on as it is.
        channel: The connection to Auth.
        service: The name that Auth's service answers to.
        pace: The deadlines, and how many calls are made at once.
        breaker: Keeps from asking while Auth fails.
    """

    authorization: str = attrs.field(repr=False)
    channel: Channel = attrs.field(kw_only=True)
    service: str = attrs.field(default=AUTH_SERVICE, kw_only=True)
    pace: Pace = attrs.field(factory=Pace, kw_only=True)
    breaker: Breaker = attrs.field(factory=Breaker, kw_only=True)

    async def validate(self, merchant_ids: Collection[MerchantId]) -> Mapping[MerchantId, Verdict]:
        """
        Return Auth's verdict on each merchant; those that it did not answer are left out.

        Raises:
            Unauthenticated: Auth does not accept the caller's token.
            OutOfTime: The pace left Auth less time than it may take, and it took more.
        """
        method = Method(
            channel=self.channel,
            path=f"/{self.service}/ValidateMerchant",
            answer=ValidateMerchantResponse,
            authorization=self.authorization,
            pace=self.pace,
            breaker=self.breaker,
        )
        requests = {id_: ValidateMerchantRequest(merchant_id=id_) for id_ in merchant_ids}
        return await method.ask(requests, partial(_verdict, hurried=self.pace.hurried))


class MerchantValidators(Protocol):
    """Auth, for whoever has a caller in whose name to ask it."""

    def __call__(self, authorization: str, *, pace: Pace) -> MerchantValidator:
        """Return Auth as it is asked in the name of one caller, at some pace."""


def _verdict(outcome: Outcome[ValidateMerchantResponse], *, hurried: bool) -> Verdict | None:
    """
    Read an answer.

    Raises:
        Unauthenticated: It is that the token is not accepted.
        OutOfTime: There was none, but not for want of Auth.
    """
    if isinstance(outcome, ValidateMerchantResponse):
        return Verdict.VALID if outcome.valid else Verdict.INVALID
    if outcome is grpc.StatusCode.UNAUTHENTICATED:
        raise Unauthenticated("Auth does not accept the token")
    if outcome is grpc.StatusCode.DEADLINE_EXCEEDED and hurried:
        raise OutOfTime("the caller had no time left for Auth")
    return _VERDICTS.get(outcome)
