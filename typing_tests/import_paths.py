"""The module in which a thing is defined is its one import path."""

from __future__ import annotations

from typing import assert_type

from referrals_adapters.wire.events import Message, event_message
from referrals_domain.model import Money  # type: ignore[attr-defined]  # noqa: F401 - no package
from referrals_domain.model.funnel import Channel  # type: ignore[attr-defined]  # noqa: F401
from referrals_domain.testing import builders
from referrals_domain.testing.builders import MerchantId  # type: ignore[attr-defined]  # noqa: F401


def a_consumer_tests_with_the_messages_that_lie_on_kafka() -> None:
    """A message is made of an event, and of nothing else."""
    assert_type(event_message(builders.referral_completed()), Message)
    assert_type(event_message(builders.referral_reversed()).value, bytes)
    event_message(builders.referral())  # type: ignore[arg-type]
