"""The calls of `referrals.v1`: each translates, does one thing, and translates back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import attrs

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.pb.referrals.v1.referrals_pb2_grpc import ReferralsServiceServicer
from referrals_adapters.grpc.translate.answers import (
    link_message,
    referral_answer,
    referral_message,
    share_answer,
    status_answer,
)
from referrals_adapters.grpc.translate.funnel import funnel_answer, funnel_wanted
from referrals_adapters.grpc.translate.lists import referrals_wanted
from referrals_adapters.grpc.translate.page_tokens import page_token
from referrals_adapters.grpc.translate.program import program_message, program_of
from referrals_adapters.grpc.translate.requests import (
    advocate_named,
    customer_named,
    link_named,
    link_revoked,
    merchant_named,
    referral_named,
    request_named,
    share_named,
    verdict_given,
)
from referrals_adapters.wire.exports import export_document
from referrals_domain.errors import ReferralsError
from referrals_domain.use_cases.create_referral_link import CreateReferralLink
from referrals_domain.use_cases.export_customer_data import ExportCustomerData
from referrals_domain.use_cases.get_funnel import GetFunnel
from referrals_domain.use_cases.get_program import GetProgram
from referrals_domain.use_cases.get_referral import GetReferral
from referrals_domain.use_cases.get_referral_link import GetReferralLink
from referrals_domain.use_cases.get_referral_status import GetReferralStatus
from referrals_domain.use_cases.list_referrals import ListReferrals
from referrals_domain.use_cases.put_program import PutProgram
from referrals_domain.use_cases.review_referral import ReviewReferral
from referrals_domain.use_cases.revoke_referral_link import RevokeReferralLink
from referrals_domain.use_cases.share_links import Share, SharedLink

if TYPE_CHECKING:
    from referrals_domain.model.link import ReferralLink


@attrs.frozen(kw_only=True)
class UseCases:
    """What the calls do."""

    get_referral_status: GetReferralStatus
    get_referral: GetReferral
    list_referrals: ListReferrals
    review_referral: ReviewReferral
    create_referral_link: CreateReferralLink
    get_referral_link: GetReferralLink
    revoke_referral_link: RevokeReferralLink
    share_link: Callable[[Share], Awaitable[SharedLink | ReferralsError]]
    get_funnel: GetFunnel
    get_program: GetProgram
    put_program: PutProgram
    export_customer_data: ExportCustomerData


@attrs.frozen
class ReferralsServicer(ReferralsServiceServicer):
    """
    The calls of `referrals.v1`; what goes wrong is raised as it is.

    Args:
        do: What the calls do.
        base: How the URLs of links begin: the gateway's own URL.
    """

    do: UseCases
    base: str

    async def GetReferralStatus(  # noqa: N802 - the name in the schema, as below
        self, request: pb.GetReferralStatusRequest, _: object
    ) -> pb.GetReferralStatusResponse:
        """Tell where a referral stands."""
        return status_answer(await self.do.get_referral_status(referral_named(request)))

    async def GetReferral(  # noqa: N802
        self, request: pb.GetReferralRequest, _: object
    ) -> pb.GetReferralResponse:
        """Show a referral, and why it stands where it does."""
        found = await self.do.get_referral(referral_named(request))
        return referral_answer(found.referral, found.order, found.visits, found.history)

    async def ListReferrals(  # noqa: N802
        self, request: pb.ListReferralsRequest, _: object
    ) -> pb.ListReferralsResponse:
        """List the referrals of a merchant, a page at a time."""
        wanted = referrals_wanted(request)
        page = await self.do.list_referrals(wanted.selection, after=wanted.after, size=wanted.size)
        return pb.ListReferralsResponse(
            referrals=map(referral_message, page.referrals),
            next_page_token=page_token(wanted.selection, page.last),
        )

    async def ReviewReferral(  # noqa: N802
        self, request: pb.ReviewReferralRequest, _: object
    ) -> pb.ReviewReferralResponse:
        """Decide about what is suspicious."""
        key, verdict = referral_named(request), verdict_given(request)
        referral = await self.do.review_referral(key, verdict)
        return pb.ReviewReferralResponse(referral=referral_message(referral))

    async def CreateReferralLink(  # noqa: N802
        self, request: pb.CreateReferralLinkRequest, _: object
    ) -> pb.CreateReferralLinkResponse:
        """Give an advocate their link."""
        merchant_id, customer_id = advocate_named(request)
        link = await self.do.create_referral_link(
            merchant_id=merchant_id, customer_id=customer_id, request_id=request_named(request)
        )
        return pb.CreateReferralLinkResponse(referral_link=await self._shown(link))

    async def GetReferralLink(  # noqa: N802
        self, request: pb.GetReferralLinkRequest, _: object
    ) -> pb.GetReferralLinkResponse:
        """Find a link by its id or its code."""
        link = await self.do.get_referral_link(link_named(request))
        return pb.GetReferralLinkResponse(referral_link=await self._shown(link))

    async def RevokeReferralLink(  # noqa: N802
        self, request: pb.RevokeReferralLinkRequest, _: object
    ) -> pb.RevokeReferralLinkResponse:
        """End the use of a link."""
        link = await self.do.revoke_referral_link(link_revoked(request))
        return pb.RevokeReferralLinkResponse(referral_link=await self._shown(link))

    async def ShareLink(  # noqa: N802
        self, request: pb.ShareLinkRequest, _: object
    ) -> pb.ShareLinkResponse:
        """Open a referral for a share."""
        link, channel = share_named(request)
        share = Share(link=link, channel=channel, request_id=request_named(request))
        shared = await self.do.share_link(share)
        if isinstance(shared, ReferralsError):
            raise shared
        return share_answer(shared.referral, shared.link, base=self.base)

    async def GetFunnel(  # noqa: N802
        self, request: pb.GetFunnelRequest, _: object
    ) -> pb.GetFunnelResponse:
        """Count what came of a merchant's shares."""
        wanted = funnel_wanted(request)
        funnel = await self.do.get_funnel(
            wanted.merchant_id, days=wanted.days, channel=wanted.channel
        )
        return funnel_answer(funnel.days, funnel.channels)

    async def GetProgram(  # noqa: N802
        self, request: pb.GetProgramRequest, _: object
    ) -> pb.GetProgramResponse:
        """Read a program."""
        program = await self.do.get_program(merchant_named(request))
        return pb.GetProgramResponse(program=program_message(program))

    async def PutProgram(  # noqa: N802
        self, request: pb.PutProgramRequest, _: object
    ) -> pb.PutProgramResponse:
        """Create a program or replace it."""
        program = await self.do.put_program(program_of(request.program))
        return pb.PutProgramResponse(program=program_message(program))

    async def ExportCustomerData(  # noqa: N802
        self, request: pb.ExportCustomerDataRequest, _: object
    ) -> pb.ExportCustomerDataResponse:
        """Tell what is kept of a customer."""
        record = await self.do.export_customer_data(customer_named(request))
        return pb.ExportCustomerDataResponse(document=export_document(record))

    async def _shown(self, link: ReferralLink) -> pb.ReferralLink:
        """Return a link with its code as its program has people see it."""
        program = await self.do.get_program(link.merchant_id)
        return link_message(link, program, base=self.base)
