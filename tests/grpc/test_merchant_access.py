"""How long Auth's answers count."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from functools import partial
from hashlib import sha256
from itertools import product
from math import inf
from typing import TYPE_CHECKING

import attrs
import pytest

from referrals_adapters.grpc import merchant_access
from referrals_adapters.grpc.asking import OutOfTime
from referrals_adapters.grpc.calls import Pace
from referrals_adapters.grpc.merchant_access import MerchantAccess
from referrals_domain.errors import PermissionDenied, Unauthenticated, Unavailable
from referrals_domain.model.identifiers import MerchantId
from referrals_domain.ports.merchant_validator import MerchantValidator, Verdict
from referrals_domain.testing.builders import MERCHANT

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN = "Bearer of-the-caller"
ANSWERS = Verdict | type[Unauthenticated | OutOfTime] | None


@attrs.define
class Auth(MerchantValidator):
    """Auth with one answer for everybody, until it is given another."""

    answer: ANSWERS = Verdict.VALID
    asked: list[tuple[str, MerchantId]] = attrs.field(factory=list)
    caller: str = ""
    pace: Pace = attrs.field(factory=Pace)
    opened: asyncio.Event = attrs.field(factory=asyncio.Event)

    def __attrs_post_init__(self) -> None:
        self.opened.set()

    def for_caller(self, authorization: str, *, pace: Pace) -> Auth:
        self.caller, self.pace = authorization, pace
        return self

    async def validate(self, merchant_ids: Collection[MerchantId]) -> Mapping[MerchantId, Verdict]:
        self.asked += [(self.caller, id_) for id_ in merchant_ids]
        await self.opened.wait()
        if isinstance(self.answer, type):
            raise self.answer("as it was told")
        return {id_: self.answer for id_ in merchant_ids if isinstance(self.answer, Verdict)}


@attrs.define
class Stopwatch:
    """Seconds that pass when they are told to."""

    seconds: float = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def auth() -> Auth:
    return Auth()


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def access(auth: Auth, stopwatch: Stopwatch) -> MerchantAccess:
    return MerchantAccess(validator=auth.for_caller, elapsed=stopwatch)


async def test_who_is_granted_passes(access: MerchantAccess) -> None:
    await access.require(TOKEN, MERCHANT)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Verdict.INVALID, PermissionDenied),
        (Verdict.DENIED, PermissionDenied),
        (Unauthenticated, Unauthenticated),
        (None, Unavailable),
    ],
)
async def test_who_is_not_granted_is_told_why(
    access: MerchantAccess, auth: Auth, answer: ANSWERS, error: type[Exception]
) -> None:
    auth.answer = answer
    with pytest.raises(error):
        await access.require(TOKEN, MERCHANT)


@pytest.mark.parametrize(("seconds", "asked"), [(59.9, 1), (60, 2)])
async def test_a_grant_counts_for_a_minute(
    access: MerchantAccess, auth: Auth, stopwatch: Stopwatch, seconds: float, asked: int
) -> None:
    await access.require(TOKEN, MERCHANT)
    stopwatch.seconds += seconds
    await access.require(TOKEN, MERCHANT)
    assert len(auth.asked) == asked


@pytest.mark.parametrize("refusal", [Verdict.INVALID, Verdict.DENIED, Unauthenticated])
async def test_a_refusal_counts_for_five_seconds(
    access: MerchantAccess, auth: Auth, stopwatch: Stopwatch, refusal: ANSWERS
) -> None:
    auth.answer = refusal
    for later, asked in ((0, 1), (4.9, 1), (0.1, 2)):
        stopwatch.seconds += later
        with pytest.raises((PermissionDenied, Unauthenticated)):
            await access.require(TOKEN, MERCHANT)
        assert len(auth.asked) == asked


async def test_silence_is_not_kept(access: MerchantAccess, auth: Auth) -> None:
    auth.answer = None
    with pytest.raises(Unavailable):
        await access.require(TOKEN, MERCHANT)
    auth.answer = Verdict.VALID
    await access.require(TOKEN, MERCHANT)


async def test_while_auth_is_silent_the_last_grant_counts_for_ten_minutes(
    access: MerchantAccess, auth: Auth, stopwatch: Stopwatch
) -> None:
    await access.require(TOKEN, MERCHANT)
    auth.answer = None
    stopwatch.seconds += 599.9
    await access.require(TOKEN, MERCHANT)
    stopwatch.seconds += 0.1
    with pytest.raises(Unavailable):
        await access.require(TOKEN, MERCHANT)


async def test_a_silent_auth_is_asked_again_only_after_a_while(
    access: MerchantAccess, auth: Auth, stopwatch: Stopwatch
) -> None:
    await access.require(TOKEN, MERCHANT)
    auth.answer = None
    stopwatch.seconds += 60
    for _ in range(3):
        await access.require(TOKEN, MERCHANT)
    assert len(auth.asked) == 2
    stopwatch.seconds += 5
    await access.require(TOKEN, MERCHANT)
    assert len(auth.asked) == 3


async def test_callers_without_time_do_not_make_the_last_grant_count_for_longer(
    access: MerchantAccess, auth: Auth, stopwatch: Stopwatch
) -> None:
    await access.require(TOKEN, MERCHANT)
    stopwatch.seconds += 60
    auth.answer = OutOfTime
    with pytest.raises(OutOfTime):
        await access.require(TOKEN, MERCHANT, within=0.001)
    auth.answer = Verdict.DENIED
    with pytest.raises(PermissionDenied):
        await access.require(TOKEN, MERCHANT)


@pytest.mark.parametrize(
    ("within", "patience", "hurried"),
    [(0.3, 0.3, True), (0.999, 0.999, True), (1, 1, False), (60, 10, False), (inf, 10, False)],
)
async def test_auth_is_given_a_second_but_no_more_than_the_caller_has(
    access: MerchantAccess, auth: Auth, within: float, patience: float, *, hurried: bool
) -> None:
    await access.require(TOKEN, MERCHANT, within=within)
    assert auth.pace.timeout == 1
    assert auth.pace.patience == pytest.approx(patience)
    assert auth.pace.hurried == hurried


async def test_a_refusal_ends_the_grant(
    access: MerchantAccess, auth: Auth, stopwatch: Stopwatch
) -> None:
    await access.require(TOKEN, MERCHANT)
    stopwatch.seconds += 60
    auth.answer = Verdict.DENIED
    with pytest.raises(PermissionDenied):
        await access.require(TOKEN, MERCHANT)
    auth.answer = None
    stopwatch.seconds += 5
    with pytest.raises(Unavailable):
        await access.require(TOKEN, MERCHANT)


async def test_a_grant_ends_the_refusal(
    access: MerchantAccess, auth: Auth, stopwatch: Stopwatch
) -> None:
    auth.answer = Verdict.DENIED
    with pytest.raises(PermissionDenied):
        await access.require(TOKEN, MERCHANT)
    auth.answer = Verdict.VALID
    stopwatch.seconds += 5
    await access.require(TOKEN, MERCHANT)
    await access.require(TOKEN, MERCHANT)


async def test_a_grant_is_for_one_token_and_one_merchant(
    access: MerchantAccess, auth: Auth
) -> None:
    await access.require(TOKEN, MERCHANT)
    auth.answer = Verdict.DENIED
    with pytest.raises(PermissionDenied):
        await access.require("Bearer of-another", MERCHANT)
    with pytest.raises(PermissionDenied):
        await access.require(TOKEN, MerchantId("other"))
    assert auth.asked == [
        (TOKEN, MERCHANT),
        ("Bearer of-another", MERCHANT),
        (TOKEN, MerchantId("other")),
    ]


async def test_of_many_who_ask_at_once_each_is_told_their_own(stopwatch: Stopwatch) -> None:
    """However the answers overtake each other, and whether they are asked for or kept."""
    tokens = [f"Bearer {number}" for number in range(6)]
    merchants = [MerchantId(f"merchant-{number}") for number in range(6)]
    granted = {(tokens[one], merchants[other]) for one in range(6) for other in range(one)}
    access = MerchantAccess(validator=partial(_Asked, granted), elapsed=stopwatch)

    async def told(token: str, merchant: MerchantId) -> bool:
        try:
            await access.require(token, merchant)
        except PermissionDenied:
            return False
        return True

    pairs = list(product(tokens, merchants)) * 3
    for some in (pairs, pairs[::-1]):
        answers = await asyncio.gather(*(told(*pair) for pair in some))
        assert answers == [pair in granted for pair in some]


@attrs.frozen
class _Asked(MerchantValidator):
    """Auth as one caller asks it; some of its answers take longer than others."""

    granted: Collection[tuple[str, MerchantId]]
    authorization: str
    pace: Pace

    async def validate(self, merchant_ids: Collection[MerchantId]) -> Mapping[MerchantId, Verdict]:
        (asked,) = merchant_ids
        for _ in range(7 * int(self.authorization[-1]) + 3 * int(asked[-1]) % 5):
            await asyncio.sleep(0)
        return {
            id_: Verdict.VALID if (self.authorization, id_) in self.granted else Verdict.DENIED
            for id_ in merchant_ids
        }


async def test_many_who_ask_at_once_ask_once(access: MerchantAccess, auth: Auth) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(access.require(TOKEN, MERCHANT))
    assert len(auth.asked) == 1


async def test_who_gives_up_waiting_does_not_stop_the_others(
    access: MerchantAccess, auth: Auth
) -> None:
    auth.opened.clear()
    first = asyncio.create_task(access.require(TOKEN, MERCHANT))
    second = asyncio.create_task(access.require(TOKEN, MERCHANT))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    auth.opened.set()
    await second
    assert first.cancelled()


async def test_what_is_kept_is_bounded(
    auth: Auth, stopwatch: Stopwatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merchant_access, "MOST_KEPT", 2)
    access = MerchantAccess(validator=auth.for_caller, elapsed=stopwatch)
    for merchant in "abc":
        await access.require(TOKEN, MerchantId(merchant))
    for merchant in "ca":
        await access.require(TOKEN, MerchantId(merchant))
    assert [merchant for _, merchant in auth.asked] == [*"abca"]


async def test_bad_tokens_do_not_drive_out_good_ones(
    auth: Auth, stopwatch: Stopwatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merchant_access, "MOST_KEPT", 2)
    access = MerchantAccess(validator=auth.for_caller, elapsed=stopwatch)
    await access.require(TOKEN, MERCHANT)
    auth.answer = Unauthenticated
    for number in range(5):
        with pytest.raises(Unauthenticated):
            await access.require(f"Bearer guess-{number}", MERCHANT)
    await access.require(TOKEN, MERCHANT)


async def test_of_a_token_only_a_digest_is_kept(access: MerchantAccess) -> None:
    await access.require(TOKEN, MERCHANT)
    (kept,) = access._grants._values  # noqa: SLF001 - what a core dump would show
    assert kept.token_digest == sha256(TOKEN.encode()).digest()
    assert kept == (kept.token_digest, MERCHANT)
