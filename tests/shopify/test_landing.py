"""An order that begins where a followed link leads carries the link's signal."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hypothesis import given

from referrals_domain.model.landing import landing_url
from referrals_domain.model.signals import Signal, Source
from tests.domain.strategies import MODEST
from tests.domain.test_follow_link import programs
from tests.domain.test_link_url import link_urls
from tests.webhook.orders import WITHOUT_SIGNAL, as_read, order

if TYPE_CHECKING:
    from referrals_domain.model.link_url import LinkUrl
    from referrals_domain.model.program import ReferralProgram


@MODEST
@given(programs, link_urls)
def test_an_order_that_begins_at_the_landing_carries_the_signal(
    program: ReferralProgram, followed: LinkUrl
) -> None:
    assert followed.code
    landed = urlsplit(landing_url(program, followed.code, followed))
    began = order(**WITHOUT_SIGNAL | {"landing_site": f"{landed.path}?{landed.query}"})
    assert as_read(began).facts.signals == (
        Signal(
            source=Source.LANDING_SITE,
            code=followed.code,
            share=followed.share,
            channel=followed.channel,
        ),
    )
