"""A frontend: what it asks of the gRPC service."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import attrs
import grpc
from google.protobuf.message import Message

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator

Answer = TypeVar("Answer", bound=Message)

LONG_PATH = "/referrals.v1.ReferralsService/GetReferralStatus"
SHORT_PATH = "/referrals.v1/GetReferralStatus"

_WITHIN = 5.0  # seconds, a call
_OPTIONS = (("grpc.enable_http_proxy", 0),)


@attrs.frozen
class Standing:
    """
    How a referral stands, or why that is not told.

    Args:
        status: `PENDING`, `COMPLETED`..., or the error's code, as `NOT_FOUND`.
        cause: Why, as in `GetReferralStatusResponse.cause`, or the error's text.
        version: The referral's version; 0 with an error.
    """

    status: str
    cause: str
    version: int

    def __str__(self) -> str:
        version = f", version {self.version}" if self.version else ""
        return f"{self.status} ({self.cause}{version})"


@attrs.frozen
class Frontend:
    """
    Calls in the name of one caller.

    Args:
        channel: The connection.
        token: The caller's token.
    """

    channel: grpc.Channel
    token: str = attrs.field(repr=False)

    def put_program(self, program: pb.Program) -> pb.Program:
        """
        Create a merchant's program, or replace it.

        Raises:
            SandboxError: The service refuses, or does not answer.
        """
        request = pb.PutProgramRequest(program=program)
        return self._ask("PutProgram", request, pb.PutProgramResponse).program

    def create_link(self, merchant_id: str, customer_id: str) -> pb.ReferralLink:
        """
        Return an advocate's link.

        Raises:
            SandboxError: The service refuses, or does not answer.
        """
        request = pb.CreateReferralLinkRequest(merchant_id=merchant_id, customer_id=customer_id)
        answer = self._ask("CreateReferralLink", request, pb.CreateReferralLinkResponse)
        return answer.referral_link

    def share(
        self, merchant_id: str, referral_link_id: str, channel: pb.Channel.ValueType
    ) -> pb.Referral:
        """
        Share a link, and return the referral that this opened.

        Raises:
            SandboxError: The service refuses, or does not answer.
        """
        request = pb.ShareLinkRequest(
            merchant_id=merchant_id, referral_link_id=referral_link_id, channel=channel
        )
        return self._ask("ShareLink", request, pb.ShareLinkResponse).referral

    def status(self, merchant_id: str, referral_id: str, *, path: str = LONG_PATH) -> Standing:
        """Return how a referral stands, as one of the two paths answers."""
        request = pb.GetReferralStatusRequest(merchant_id=merchant_id, referral_id=referral_id)
        try:
            answer = self._call(path, request, pb.GetReferralStatusResponse)
        except grpc.RpcError as error:
            return Standing(*_reason(error), 0)
        name = pb.ReferralStatus.Name(answer.status).removeprefix("REFERRAL_STATUS_")
        return Standing(name, answer.cause, answer.version)

    def summary(self, merchant_id: str, referral_id: str) -> str:
        """
        Return in words why a referral stands where it does.

        Raises:
            SandboxError: The service refuses, or does not answer.
        """
        request = pb.GetReferralRequest(merchant_id=merchant_id, referral_id=referral_id)
        return self._ask("GetReferral", request, pb.GetReferralResponse).summary

    def funnel(self, merchant_id: str) -> pb.GetFunnelResponse:
        """
        Return what came of a merchant's shares in the last 30 days.

        Raises:
            SandboxError: The service refuses, or does not answer.
        """
        request = pb.GetFunnelRequest(merchant_id=merchant_id)
        return self._ask("GetFunnel", request, pb.GetFunnelResponse)

    def statuses(self, merchant_id: str, referral_id: str) -> tuple[Standing, Standing]:
        """Return how a referral stands, as the long path and the short one answer."""
        long = self.status(merchant_id, referral_id, path=LONG_PATH)
        return long, self.status(merchant_id, referral_id, path=SHORT_PATH)

    def _ask(self, method: str, request: Message, answer: type[Answer]) -> Answer:
        try:
            return self._call(f"/referrals.v1.ReferralsService/{method}", request, answer)
        except grpc.RpcError as error:
            code, text = _reason(error)
            raise SandboxError(f"{method} answered {code}: {text}") from error

    def _call(self, path: str, request: Message, answer: type[Answer]) -> Answer:
        call: grpc.UnaryUnaryMultiCallable[Message, Answer] = self.channel.unary_unary(
            path,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer.FromString,
        )
        metadata = (("authorization", f"Bearer {self.token}"),)
        return call(request, timeout=_WITHIN, metadata=metadata)


@contextmanager
def open_frontend(address: str, token: str) -> Iterator[Frontend]:
    """Open a connection to the gRPC service, and close it in the end."""
    with grpc.insecure_channel(address, options=_OPTIONS) as channel:
        yield Frontend(channel, token)


def _reason(error: grpc.RpcError) -> tuple[str, str]:
    """Return code and text of an error: what the library raises is a call, too."""
    if not isinstance(error, grpc.Call):
        raise error
    return error.code().name, str(error.details())
