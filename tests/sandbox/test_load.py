"""The load: what is drawn, what is asked, and what is made of what was found."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from referrals_adapters.shopify.payloads import read_order
from referrals_domain.model.link import Channel
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.model.signals import Source
from referrals_sandbox.load.client import Answer, CallFailed, Client
from referrals_sandbox.load.driven import Driven, Step
from referrals_sandbox.load.found import Found, Measured
from referrals_sandbox.load.journey import Journey
from referrals_sandbox.load.kinds import SUSPICIOUS, Kind, Outcome, Trace
from referrals_sandbox.load.orders import Shared, placed
from referrals_sandbox.load.page import page_of
from referrals_sandbox.load.plan import Plan, advocate_id, friend_id
from referrals_sandbox.load.report import Report
from referrals_sandbox.load.scenario import CAP, Advocate, Share, draw
from referrals_sandbox.load.verdict import Verdict, judge
from referrals_sandbox.neighbours.shopify_platform.webhooks import Posted
from referrals_sandbox.servers.errors import SandboxError
from tests.readme.pages import ROOT, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHARES: Final = 1_500
CONVERSION: Final = 0.2  # so that few shares have all noise
REFERRAL: Final = "0b5b7a1e-5b0a-4c3e-9d5e-1f2a3b4c5d6e"
CODE: Final = "0000000012"
NOW: Final = datetime(2026, 11, 25, 12, tzinfo=UTC)
SHARED: Final = Shared(advocate=1, begun=NOW, code=CODE, referral_id=REFERRAL)
PLAN: Final = Plan(
    seed=1,
    shares=SHARES,
    conversion=CONVERSION,
    seconds=60,
    merchant_id="acme",
    shop_domain="acme.myshopify.com",
    first_order=7_000_000_000_000,
    gateway="127.0.0.1:1",
    token="token",
    shopify="http://127.0.0.1:1",
)


@pytest.fixture(scope="module")
def advocates() -> Sequence[Advocate]:
    return draw(3, SHARES, CONVERSION)


@pytest.fixture(scope="module")
def shares(advocates: Sequence[Advocate]) -> Sequence[Share]:
    return [share for advocate in advocates for share in advocate.shares]


def test_a_seed_draws_the_same_again_and_another_seed_something_else() -> None:
    assert draw(7, 500, CONVERSION) == draw(7, 500, CONVERSION) != draw(8, 500, CONVERSION)


def test_every_share_is_made_once_and_so_many_by_sms(shares: Sequence[Share]) -> None:
    assert sorted(share.number for share in shares) == list(range(1, len(shares) + 1))
    assert sum(share.channel is Channel.SMS for share in shares) == SHARES


def test_the_true_rate_and_the_suspicious_part_are_those_asked_for(
    shares: Sequence[Share],
) -> None:
    by_sms = [share for share in shares if share.channel is Channel.SMS]
    honest = sum(share.kind is Kind.HONEST for share in by_sms)
    assert honest / SHARES == pytest.approx(CONVERSION, abs=0.02)
    ordered = [share for share in shares if share.kind]
    suspicious = sum(share.is_suspicious for share in ordered)
    assert suspicious / len(ordered) == pytest.approx(0.15, abs=0.04)


def test_all_noise_is_there(shares: Sequence[Share]) -> None:
    assert {share.kind for share in shares} == {None, *Kind}
    assert {share.trace for share in shares} == set(Trace)
    assert {share.kind for share in shares if share.is_refunded} == {Kind.HONEST}


def test_nobody_comes_beyond_the_cap_but_who_is_to(advocates: Sequence[Advocate]) -> None:
    for advocate in advocates:
        is_farm = advocate.shares[-1].kind is Kind.VELOCITY_CAP
        assert is_farm or len(advocate.shares) <= CAP
        counted = 0
        for share in advocate.shares:
            assert (share.kind is Kind.VELOCITY_CAP) == (counted == CAP)
            counted += share.outcome is not None and (
                share.outcome.status is ReferralStatus.COMPLETED
            )


def test_a_friend_who_was_referred_already_completed_an_order_before(
    advocates: Sequence[Advocate],
) -> None:
    found = 0
    for advocate in advocates:
        before: dict[int, Share] = {}
        for share in advocate.shares:
            if share.kind is Kind.FRIEND_ALREADY_REFERRED:
                assert before[share.friend].outcome == (
                    ReferralStatus.COMPLETED,
                    Cause.ORDER_CREATED,
                )
                found += 1
            before[share.number] = share
    assert found


def test_honest_friends_of_one_advocate_live_in_a_household(
    advocates: Sequence[Advocate],
) -> None:
    homes = [
        Counter(one.household for one in advocate.shares if one.household)
        for advocate in advocates
    ]
    sizes = [size for home in homes for size in home.values()]
    assert sizes
    assert min(sizes) > 1
    kinds = {one.kind for advocate in advocates for one in advocate.shares if one.household}
    assert kinds == {Kind.HONEST}


def test_nothing_is_shared_of_a_link_that_was_revoked(advocates: Sequence[Advocate]) -> None:
    for advocate in advocates:
        kinds = [share.kind for share in advocate.shares]
        assert Kind.LINK_REVOKED not in kinds[:-1]


@pytest.mark.parametrize("seed", range(20))
def test_few_shares_are_arranged_too(seed: int) -> None:
    drawn = draw(seed, 40, 0.2)
    shares = [share for advocate in drawn for share in advocate.shares]
    assert len({share.number for share in shares}) == len(shares) == 50


def share_of(kind: Kind | None = Kind.HONEST, **changes: Any) -> Share:
    return attrs.evolve(Share(number=5, channel=Channel.SMS, kind=kind), **changes)


def body_of(share: Share) -> bytes:
    return placed(share, SHARED, order_id=PLAN.order_id(share.number), now=NOW)


@pytest.mark.parametrize(
    ("trace", "carried"),
    [
        (
            Trace.ALL,
            {
                Source.NOTE_ATTRIBUTES: REFERRAL,
                Source.DISCOUNT_CODES: None,
                Source.LANDING_SITE: REFERRAL,
            },
        ),
        (Trace.LANDING_PAGE, {Source.LANDING_SITE: REFERRAL}),
        (Trace.CODE, {Source.DISCOUNT_CODES: None}),
    ],
)
def test_an_order_carries_what_its_trace_says(
    trace: Trace, carried: dict[Source, str | None]
) -> None:
    signals = read_order(body_of(share_of(trace=trace))).facts.signals
    assert {signal.source: signal.share for signal in signals} == carried
    assert {signal.code for signal in signals} == {CODE}


def test_an_order_without_a_trace_carries_no_signal() -> None:
    assert not read_order(body_of(share_of(trace=Trace.NOTHING))).facts.signals


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        (Kind.SELF_REFERRAL, "customer.id", advocate_id(1)),
        (Kind.FRIEND_UNKNOWN, "customer", None),
        (Kind.BELOW_MINIMUM, "total_price", "19.99"),
        (Kind.TEST_ORDER, "test", True),
        (Kind.LINK_REVOKED, "created_at", "2026-11-25T12:00:01+00:00"),
        (Kind.OUTSIDE_WINDOW, "created_at", "2026-12-26T12:00:00+00:00"),
        (Kind.SECOND_ACCOUNT, "customer.id", friend_id(5)),
    ],
)
def test_an_order_is_as_suspicious_as_its_kind(kind: Kind, path: str, value: object) -> None:
    found = json.loads(body_of(share_of(kind)))
    for name in path.split("."):
        found = found[name]
    assert found == value


def test_a_household_orders_from_one_address_and_others_do_not() -> None:
    at_home = [body_of(share_of(number=number, household=9)) for number in (7, 8)]
    elsewhere = body_of(share_of(number=7))
    first, second, other = (json.loads(body)["browser_ip"] for body in (*at_home, elsewhere))
    assert first == second != other


ORDER: Final = f"order {PLAN.order_id(5)}"


@attrs.define
class Scripted(Client):
    """Answers as gateway and Shopify do; a referral has its outcome at the second look."""

    outcome: str = "COMPLETED"
    calls: list[tuple[str, str]] = attrs.field(factory=list)

    def get(self, step: str, path: str, headers: Mapping[str, str], *, expected: int) -> Answer:
        assert headers["User-Agent"].startswith("Mozilla/5.0 (")
        assert expected == 302
        self.calls.append((step, path))
        return Answer(b"", "https://acme.example/")

    def post(self, step: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        assert headers
        self.calls.append((step, path))
        assert json.loads(body)["merchant_id"] == "acme"
        looks = sum(one == "status" for one, _ in self.calls)
        status = "PENDING" if looks < 3 else self.outcome
        answers: dict[str, object] = {
            "link": {"referral_link": {"id": "l", "code": CODE}},
            "share": {"referral": {"id": REFERRAL}, "url": f"http://h/r/acme/{CODE}?s=1&c=sms"},
            "status": {"status": f"REFERRAL_STATUS_{status}"},
            "revoke": {},
        }
        return Answer(json.dumps(answers[step]).encode(), "")

    def place(self, domain: str, bodies: Sequence[bytes]) -> None:
        (body,) = bodies
        self.calls.append((f"order {json.loads(body)['id']}", domain))

    def refund(self, domain: str, order_id: int) -> None:
        self.calls.append((f"refund {order_id}", domain))


def played(
    share: Share, client: Scripted, *, within: float = 60
) -> list[tuple[str, CallFailed | None]]:
    outcomes: list[tuple[str, CallFailed | None]] = []
    journey = Journey(
        plan=PLAN,
        client=client,
        shops=client,
        told=lambda step, _, error: outcomes.append((step, error)),
        sleep=lambda _: None,
        within=within,
    )
    journey.play(Advocate(number=1, shares=[share]))
    return outcomes


def test_an_advocate_shares_and_a_friend_orders_and_the_outcome_is_awaited() -> None:
    client = Scripted()
    assert played(share_of(visits=1), client) == [("order", None), ("outcome", None)]
    steps = [step for step, _ in client.calls]
    assert steps == ["link", "share", "status", "visit", ORDER, "status", "status"]
    assert ("visit", f"/r/acme/{CODE}?s=1&c=sms") in client.calls


def test_nobody_waits_for_what_nobody_can_know() -> None:
    for trace in (Trace.CODE, Trace.NOTHING):
        client = Scripted()
        assert played(share_of(trace=trace), client) == [("order", None)]
        assert client.calls[-1] == (ORDER, PLAN.shop_domain)


def test_an_order_is_refunded_as_soon_as_it_is_placed() -> None:
    client = Scripted(outcome="REVERSED")
    steps = [step for step, _ in played(share_of(is_refunded=True), client)]
    assert steps == ["order", "refund", "outcome"]
    happened = [step for step, where in client.calls if where == PLAN.shop_domain]
    assert happened == [ORDER, f"refund {PLAN.order_id(5)}"]


def test_a_shop_that_refuses_an_order_is_a_failed_call() -> None:
    class Refusing(Scripted):
        def place(self, domain: str, bodies: Sequence[bytes]) -> None:
            raise SandboxError(f"{domain} takes no {len(bodies)} orders")

    with pytest.raises(CallFailed, match="takes no 1 orders"):
        played(share_of(), Refusing())


def test_an_outcome_that_does_not_come_is_a_failed_call() -> None:
    [_, (step, error)] = played(share_of(), Scripted(outcome="REJECTED"), within=0)
    assert step == "outcome"
    assert "was not COMPLETED within 0 s" in str(error)


def test_a_link_is_revoked_before_the_order() -> None:
    client = Scripted(outcome="REJECTED")
    assert played(share_of(Kind.LINK_REVOKED), client) == [("order", None), ("outcome", None)]
    steps = [step for step, _ in client.calls]
    assert steps.index("revoke") < steps.index(ORDER)


STEP: Final = Step(name="share", calls=10, failures=0, p50=1, p95=2, p99=3)
DRIVEN: Final = Driven(seconds=60, steps=[STEP], errors=[])
POSTED: Final = Posted(answered=1_200, doubled=100, slowest=0.25)


def measured(shares: Sequence[Share], channel: Channel) -> Measured:
    own = [share for share in shares if share.channel is channel]
    completed = sum(
        one.outcome == (ReferralStatus.COMPLETED, Cause.ORDER_CREATED)
        and one.trace is not Trace.CODE
        for one in own
    )
    rate = completed / len(own)
    return Measured(
        shares=len(own),
        visits=sum(one.visits for one in own),
        completed=completed,
        rate=rate,
        lower=rate - 0.005,
        upper=rate + 0.005,
    )


def right(shares: Sequence[Share]) -> Found:
    """Return what a service says that makes no mistake."""
    channels = {share.channel for share in shares}
    return Found(
        orders={PLAN.order_id(one.number): one.outcome for one in shares if one.outcome},
        funnel={channel: measured(shares, channel) for channel in channels},
    )


def judged(
    shares: Sequence[Share], found: Found, driven: Driven = DRIVEN, posted: Posted = POSTED
) -> Verdict:
    return judge(shares, found, driven, posted, order_id=PLAN.order_id)


def wrong(shares: Sequence[Share], share: Share, outcome: Outcome | None) -> Verdict:
    """Judge a service that makes one mistake."""
    found = right(shares)
    orders = dict(found.orders)
    orders.pop(PLAN.order_id(share.number))
    if outcome:
        orders[PLAN.order_id(share.number)] = outcome
    return judged(shares, attrs.evolve(found, orders=orders))


def findings(verdict: Verdict) -> dict[str, int]:
    return {name: len(found) for name, found in verdict.findings.items() if found}


REFUSED: Final = Outcome(ReferralStatus.REJECTED, Cause.FRIEND_NOT_NEW)
COMPLETED: Final = Outcome(ReferralStatus.COMPLETED, Cause.ORDER_CREATED)


def test_a_service_that_makes_no_mistake_holds(shares: Sequence[Share]) -> None:
    verdict = judged(shares, right(shares))
    assert verdict.holds, findings(verdict)
    assert verdict.precision == 1
    second = sum(share.kind is Kind.SECOND_ACCOUNT for share in shares)
    suspicious = sum(share.kind in SUSPICIOUS for share in shares)
    assert verdict.recall == pytest.approx(1 - second / suspicious)
    assert verdict.hourly == pytest.approx(
        60 * sum(one.completed for one in right(shares).funnel.values())
    )


def test_a_conversion_that_is_missing_is_found(shares: Sequence[Share]) -> None:
    share = next(one for one in shares if one.converts and one.outcome and not one.household)
    for outcome in (None, REFUSED, Outcome(ReferralStatus.PENDING, Cause.LINK_SHARED)):
        verdict = wrong(shares, share, outcome)
        assert findings(verdict) == {"conversion_missing": 1}
        assert not verdict.holds


def test_a_blocked_household_is_found_and_lowers_precision(shares: Sequence[Share]) -> None:
    share = next(one for one in shares if one.household)
    verdict = wrong(shares, share, REFUSED)
    assert findings(verdict) == {"honest_household_blocked": 1}
    assert verdict.precision is not None
    assert verdict.precision < 1


def test_a_suspicious_order_that_completes_is_found_and_lowers_recall(
    shares: Sequence[Share],
) -> None:
    share = next(one for one in shares if one.kind is Kind.SELF_REFERRAL)
    verdict = wrong(shares, share, COMPLETED)
    assert findings(verdict) == {"conversion_too_many": 1}
    rightly = judged(shares, right(shares)).recall
    assert verdict.recall is not None
    assert rightly is not None
    assert verdict.recall < rightly


def test_a_refusal_for_another_reason_is_found(shares: Sequence[Share]) -> None:
    share = next(one for one in shares if one.kind is Kind.SELF_REFERRAL)
    assert findings(wrong(shares, share, REFUSED)) == {"outcome_wrong": 1}


def with_sms(shares: Sequence[Share], changes: Mapping[str, Any]) -> Verdict:
    found = right(shares)
    sms = attrs.evolve(found.funnel[Channel.SMS], **changes)
    return judged(shares, attrs.evolve(found, funnel={**found.funnel, Channel.SMS: sms}))


def test_a_true_rate_on_the_bound_is_inside_and_beyond_it_is_found(
    shares: Sequence[Share],
) -> None:
    by_sms = [share for share in shares if share.channel is Channel.SMS]
    truth = sum(share.converts for share in by_sms) / len(by_sms)
    assert with_sms(shares, {"lower": truth}).holds
    assert with_sms(shares, {"upper": truth}).holds
    for beyond in ({"lower": truth + 1e-9}, {"upper": truth - 1e-9}):
        assert findings(with_sms(shares, beyond)) == {"true_sms_rate_outside": 1}


def test_a_funnel_that_miscounts_is_found(shares: Sequence[Share]) -> None:
    sms = measured(shares, Channel.SMS)
    for change in ({"completed": sms.completed - 1}, {"shares": sms.shares + 1}):
        assert findings(with_sms(shares, change)) == {"funnel_counts_wrong": 1}


def test_visits_may_be_missed_and_not_invented(shares: Sequence[Share]) -> None:
    visits = measured(shares, Channel.SMS).visits
    missed = with_sms(shares, {"visits": visits - 1})
    assert missed.holds
    assert missed.visits_counted == missed.visits - 1
    assert findings(with_sms(shares, {"visits": visits + 1})) == {"funnel_counts_wrong": 1}


def test_a_funnel_that_knows_nothing_of_sms_is_found(shares: Sequence[Share]) -> None:
    found = right(shares)
    others = dict(found.funnel)
    del others[Channel.SMS]
    verdict = judged(shares, attrs.evolve(found, funnel=others))
    assert findings(verdict) == {"funnel_counts_wrong": 1, "true_sms_rate_outside": 1}


def test_failed_calls_and_what_broke_are_found(shares: Sequence[Share]) -> None:
    failed = attrs.evolve(DRIVEN, steps=[attrs.evolve(STEP, failures=3)], errors=["share: 503"])
    broke = attrs.evolve(DRIVEN, errors=["KeyError: 'url'"])
    for driven in (failed, broke):
        verdict = judged(shares, right(shares), driven)
        assert findings(verdict) == {"calls_failed": 2}


def test_webhooks_that_were_not_answered_are_found(shares: Sequence[Share]) -> None:
    for posted in (attrs.evolve(POSTED, in_vain=1), attrs.evolve(POSTED, given_up=1)):
        verdict = judged(shares, right(shares), posted=posted)
        assert findings(verdict) == {"calls_failed": 1}


def report_of(verdict: Verdict) -> Report:
    return Report(plan=PLAN, verdict=verdict, machine_load=1.5)


def test_programs_read_the_verdict(shares: Sequence[Share]) -> None:
    told = json.loads(report_of(judged(shares, right(shares))).as_json())
    assert told["holds"] is True
    assert told["rates"]["sms"]["shares"] == SHARES
    assert set(map(tuple, told["findings"].values())) == {()}


def test_people_read_the_verdict_and_that_the_pace_was_not_kept(shares: Sequence[Share]) -> None:
    share = next(one for one in shares if one.household)
    slow = attrs.evolve(DRIVEN, seconds=120)
    text = report_of(judged(shares, right(shares), slow)).as_text()
    assert "did not keep the pace of 60 s" in text
    assert "1,200 webhooks were answered, the slowest in 0.2 s" in text
    assert re.search(r"^honest household blocked +0$", text, re.MULTILINE)
    blocked = report_of(wrong(shares, share, REFUSED)).as_text()
    assert f"share {share.number} (honest): REJECTED (friend_not_new), not COMPLETED" in blocked
    assert "did not keep the pace" not in blocked


def test_the_page_loads_nothing_and_shows_three_charts(shares: Sequence[Share]) -> None:
    html = page_of(report_of(judged(shares, right(shares))))
    assert html.count("<svg ") == 3
    assert not re.search(r"(src|href)=|url\(|@import|<script", html)
    assert "Everything that must hold does." in html
    share = next(one for one in shares if one.household)
    assert "Something does not hold." in page_of(report_of(wrong(shares, share, REFUSED)))


PAGE: Final = ROOT / "docs" / "load.md"


def named(heading: str) -> list[str]:
    return [row[0].strip("`") for row in table(PAGE, heading)]


def test_the_page_tells_every_suspicious_kind_and_what_must_come_of_it() -> None:
    rows = table(PAGE, "Suspicious orders")
    assert {row[0].strip("`") for row in rows} == {kind.value for kind in SUSPICIOUS}
    for name, _, outcome in rows:
        cause = Kind(name.strip("`")).cause
        assert outcome.startswith(f"REJECTED, `{cause}`" if cause else "COMPLETED")


def test_the_page_tells_every_finding(shares: Sequence[Share]) -> None:
    assert named("What is compared") == list(judged(shares, right(shares)).findings)


def test_the_page_tells_every_step() -> None:
    revoked, refunded = Scripted(outcome="REJECTED"), Scripted(outcome="REVERSED")
    told = [
        *played(share_of(Kind.LINK_REVOKED, visits=1), revoked),
        *played(share_of(is_refunded=True), refunded),
    ]
    called = {step for step, _ in revoked.calls if step != ORDER}
    assert {*called, *(step for step, _ in told)} == set(named("What happens"))
