"""What is done in a block acts for the merchants of that block."""

from __future__ import annotations

from referrals_domain.model.identifiers import MerchantId
from referrals_grpc.admitted import admitted, admitting

ACME, OTHER = MerchantId("acme"), MerchantId("other")


def test_a_block_admits_its_merchants_and_no_longer_than_it_lasts() -> None:
    with admitting([ACME]):
        with admitting([OTHER]):
            assert admitted() == [OTHER]
        assert admitted() == [ACME]
    assert admitted() == ()
