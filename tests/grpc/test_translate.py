"""Values of the model as messages, and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import given
from hypothesis import strategies as st

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.translate.answers import (
    link_message,
    referral_message,
    status_answer,
)
from referrals_adapters.grpc.translate.enums import (
    CHANNELS,
    MOMENTS,
    REVIEW_VERDICTS,
    SOURCES,
    STATUSES,
    VERDICTS,
)
from referrals_adapters.grpc.translate.fields import InvalidFields
from referrals_adapters.grpc.translate.program import program_message, program_of
from referrals_adapters.grpc.translate.requests import link_named, merchant_of
from referrals_domain.model.code import CodeKey
from referrals_domain.model.explanation import Verdict
from referrals_domain.model.identifiers import LinkKey
from referrals_domain.model.link import Channel
from referrals_domain.model.program import CompleteOn, ReferralProgram
from referrals_domain.model.referral import Cause, ReferralStatus, StatusView
from referrals_domain.model.review import ReviewVerdict
from referrals_domain.model.signals import Source
from referrals_domain.testing import builders
from referrals_domain.testing.builders import CODE, LINK, MERCHANT, SHOP

if TYPE_CHECKING:
    from google.protobuf.message import Message

DAY = 86_400
SECONDS_PER_366_DAYS = 366 * DAY


def message(**fields: Any) -> pb.Program:
    """Return a program with what is required."""
    required = {
        "merchant_id": MERCHANT,
        "shop_domain": SHOP,
        "storefront_url": "https://acme.example",
    }
    return pb.Program(**{**required, **fields})


def fields_refused(program: pb.Program) -> list[str]:
    with pytest.raises(InvalidFields) as refused:
        program_of(program)
    return [violation.field for violation in refused.value.violations]


@pytest.mark.parametrize(
    ("values", "translated", "enum"),
    [
        (ReferralStatus, STATUSES, pb.ReferralStatus),
        (Channel, CHANNELS, pb.Channel),
        (CompleteOn, MOMENTS, pb.CompleteOn),
        (Source, SOURCES, pb.SignalSource),
        (Verdict, VERDICTS, pb.Verdict),
        (ReviewVerdict, REVIEW_VERDICTS, pb.ReviewVerdict),
    ],
    ids=["status", "channel", "moment", "source", "verdict", "review"],
)
def test_every_value_has_its_own_word_on_the_wire(values: Any, translated: Any, enum: Any) -> None:
    assert set(translated) == set(values)
    assert {0, *translated.values()} == set(enum.values())
    assert len(set(translated.values())) == len(translated)
    for value, word in translated.items():
        assert enum.Name(word).endswith(f"_{value.name}")


def test_what_is_left_out_of_a_program_has_its_default() -> None:
    assert program_of(message()) == ReferralProgram(
        merchant_id=MERCHANT, shop_domain=SHOP, storefront_url="https://acme.example"
    )


def test_a_version_that_is_put_is_ignored() -> None:
    assert program_of(message(version=7)).version == 1


programs = st.builds(
    builders.program,
    code_prefix=st.from_regex(r"[A-Z0-9]{0,16}", fullmatch=True),
    window=st.timedeltas(timedelta(microseconds=1), timedelta(days=366)),
    complete_on=st.sampled_from(CompleteOn),
    hold=st.timedeltas(timedelta(0), timedelta(days=366)),
    minimum_order=st.integers(0, 2**63 - 1),
    refund_percent=st.integers(1, 100),
    velocity_cap=st.integers(0, 2**31 - 1),
    review=st.booleans(),
    new_friends_only=st.booleans(),
    discount_link=st.booleans(),
    active=st.booleans(),
)


@given(program=programs)
def test_a_program_comes_back_as_it_went(program: ReferralProgram) -> None:
    sent = program_message(program).SerializeToString()
    assert program_of(pb.Program.FromString(sent)) == program


@pytest.mark.parametrize(
    "fields",
    [
        {"window": Duration(nanos=1_000)},
        {"window": Duration(seconds=SECONDS_PER_366_DAYS)},
        {"hold": Duration()},
        {"hold": Duration(seconds=SECONDS_PER_366_DAYS)},
        {"refund_percent_that_undoes": 1},
        {"refund_percent_that_undoes": 100},
        {"code_prefix": "F" * 16},
        {"minimum_order_minor": 2**63 - 1},
        {"velocity_cap": 2**31 - 1},
    ],
    ids=str,
)
def test_a_setting_at_its_bound_is_taken(fields: dict[str, Any]) -> None:
    program_of(message(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"merchant_id": ""},
        {"merchant_id": "a:b"},
        {"shop_domain": ""},
        {"shop_domain": "acme.example"},
        {"storefront_url": ""},
        {"storefront_url": "http://acme.example"},
        {"storefront_url": "https://[acme"},
        {"code_prefix": "friend"},
        {"code_prefix": "F" * 17},
        {"window": Duration()},
        {"window": Duration(seconds=-1)},
        {"window": Duration(seconds=SECONDS_PER_366_DAYS, nanos=1_000)},
        {"window": Duration(seconds=2**63 - 1)},
        {"complete_on": 99},
        {"hold": Duration(seconds=-1)},
        {"hold": Duration(seconds=SECONDS_PER_366_DAYS, nanos=1_000)},
        {"minimum_order_minor": -1},
        {"refund_percent_that_undoes": 0},
        {"refund_percent_that_undoes": 101},
        {"velocity_cap": -1},
    ],
    ids=str,
)
def test_a_setting_beyond_its_bound_is_named(fields: dict[str, Any]) -> None:
    assert fields_refused(message(**fields)) == [f"program.{field}" for field in fields]


def test_all_wrong_settings_are_named_at_once() -> None:
    wrong = pb.Program(
        merchant_id="a:b", window=Duration(), velocity_cap=-1, storefront_url="acme"
    )
    assert fields_refused(wrong) == [
        "program.merchant_id",
        "program.shop_domain",
        "program.storefront_url",
        "program.velocity_cap",
        "program.window",
    ]


@pytest.mark.parametrize(
    ("prefix", "shown"), [("FRIEND", f"FRIEND-{CODE}"), ("", CODE)], ids=["prefix", "none"]
)
def test_people_see_the_code_with_the_prefix_of_the_program(prefix: str, shown: str) -> None:
    program = builders.program(code_prefix=prefix)
    assert link_message(builders.link(), program, base="https://go.example").display_code == shown


def test_a_link_in_use_has_no_time_of_revocation() -> None:
    at = datetime(2026, 11, 20, 1, 2, 3, 456_789, tzinfo=UTC)
    revoked = link_message(
        builders.link(revoked_at=at), builders.program(), base="https://go.example"
    )
    assert revoked.revoke_time.ToDatetime(UTC) == at
    assert not link_message(
        builders.link(), builders.program(), base="https://go.example"
    ).HasField("revoke_time")


def test_a_referral_that_an_order_opened_may_have_no_channel() -> None:
    referral = builders.referral(channel=None)
    assert referral_message(referral).channel == pb.CHANNEL_UNSPECIFIED


def test_a_status_tells_why_and_since_when() -> None:
    at = datetime(2026, 11, 20, 1, 2, 3, 456_789, tzinfo=UTC)
    view = StatusView(ReferralStatus.REJECTED, 3, at, Cause.SELF_REFERRAL)
    answer = status_answer(view)
    assert (answer.status, answer.version, answer.cause, answer.stale) == (
        pb.REFERRAL_STATUS_REJECTED,
        3,
        "self_referral",
        False,
    )
    assert answer.update_time.ToDatetime(UTC) == at
    assert status_answer(attrs.evolve(view, stale=True)).stale


def test_a_link_is_named_by_its_id_or_by_what_a_person_made_of_its_code() -> None:
    by_id = pb.GetReferralLinkRequest(merchant_id=MERCHANT, referral_link_id=LINK.upper())
    assert link_named(by_id) == LinkKey(MERCHANT, LINK)
    typed = f"friend-{CODE[:5]} {CODE[5:]}".lower().replace("0", "o").replace("1", "l")
    by_code = pb.GetReferralLinkRequest(merchant_id=MERCHANT, code=typed)
    assert link_named(by_code) == CodeKey(MERCHANT, CODE)


def test_every_request_of_the_service_names_its_merchant() -> None:
    service = pb.DESCRIPTOR.services_by_name["ReferralsService"]
    for method in service.methods:
        request: Message = getattr(pb, method.input_type.name)()
        with pytest.raises(InvalidFields, match="merchant_id is required"):
            merchant_of(request)


def test_a_message_without_a_merchant_names_none() -> None:
    assert merchant_of(Duration()) is None
