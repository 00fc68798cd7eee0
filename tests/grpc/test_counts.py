"""Every call is counted by its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_domain.testing.builders import MERCHANT, REFERRAL
from tests.grpc.service import TOKEN, bare
from tests.waiting import until

if TYPE_CHECKING:
    from tests.grpc.service import Service

LONG = "/referrals.v1.ReferralsService/GetReferralStatus"


async def _is_counted(service: Service, **labels: str) -> bool:
    """Tell whether one call was counted; its caller may hear of its end a moment before."""
    registry = service.container.metrics().registry
    return registry.get_sample_value("referrals_grpc_calls_total", labels) == 1


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (pb.GetReferralStatusRequest(merchant_id=MERCHANT, referral_id="x"), "INVALID_ARGUMENT"),
        (pb.GetReferralStatusRequest(merchant_id=MERCHANT, referral_id=REFERRAL), "NOT_FOUND"),
    ],
)
async def test_a_refusal_is_counted_with_its_code(
    service: Service, request_: pb.GetReferralStatusRequest, code: str
) -> None:
    refusal = await service.refusal("GetReferralStatus", request_)
    assert refusal.code.name == code
    await until(lambda: _is_counted(service, method=LONG, code=code))


async def test_an_answer_is_counted_and_nothing_is_under_way_after_it(service: Service) -> None:
    request = pb.ListReferralsRequest(merchant_id=MERCHANT)
    await service.stub.ListReferrals(request, metadata=TOKEN, timeout=5)
    method = "/referrals.v1.ReferralsService/ListReferrals"
    await until(lambda: _is_counted(service, method=method, code="OK"))
    registry = service.container.metrics().registry
    assert registry.get_sample_value("referrals_grpc_calls_in_flight") == 0


async def test_what_nobody_has_is_not_counted(service: Service) -> None:
    with pytest.raises(grpc.aio.AioRpcError):
        await bare(service.channel, "/referrals.v1.ReferralsService/Nothing")(b"")
    registry = service.container.metrics().registry
    text = [sample.labels for family in registry.collect() for sample in family.samples]
    assert not any("Nothing" in str(labels) for labels in text)
