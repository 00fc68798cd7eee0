"""
Probes of the walls between merchants: every path, with everybody's tokens and ids.

What a probe may be told is known beforehand. A token that may not act for the merchant is refused,
whatever the ids. One that may gets, for an id of another merchant, what it gets for an id that
nobody has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID, uuid5

import attrs
import grpc
from google.protobuf.message_factory import GetMessageClass

from referrals_adapters.grpc.channel import Channel
from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_domain.model.code import ReferralCode
from tests.grpc.requests import METHODS, SERVICE, good, text_fields
from tests.grpc.service import bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from google.protobuf.message import Message

Answer: TypeAlias = tuple[grpc.StatusCode, str, bytes, bytes]
"""A status, its message, its details, and the response."""

IDS: Final = ("code", "customer_id", "page_token", "referral_id", "referral_link_id", "request_id")
"""The fields of requests that name what is a merchant's."""

OF_NO_MERCHANT: Final = frozenset(
    {
        *("merchant_id", "program.merchant_id", "first_day", "last_day"),
        *("program.shop_domain", "program.storefront_url", "program.code_prefix"),
    }
)
"""Their other texts. That a shop has a program is told to whoever puts one: SHOP_TAKEN."""

NOBODYS: Final = {
    "code": str(ReferralCode.of_number(1)),
    "customer_id": "7999999999",
    "page_token": "A" * 48,
    "referral_id": "44444444-4444-4444-8444-444444444444",
    "referral_link_id": "55555555-5555-4555-8555-555555555555",
}
"""Ids that nobody has."""

NOBODYS_TOKEN: Final = -1
_MAKES: Final = frozenset({"CreateReferralLink", "ShareLink"})
_MADE_ANEW: Final = ("id", "code", "display_code", "url", "create_time", "update_time")
_AT_ONCE: Final = 40
_PATIENCE: Final = 20
_BUSY: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
_NAMES: Final = UUID("0d2f7f3e-7a55-4d5e-9d0e-3f1a7f0c5a11")


@attrs.frozen
class Merchant:
    """
    A merchant with a program, a link and two shares.

    Args:
        number: Their place among all.
        ids: What is theirs, by the field that it goes into; of every merchant equally long.
    """

    number: int
    ids: Mapping[str, str] = attrs.field(hash=False)

    @property
    def id(self) -> str:
        """Return the merchant's id."""
        return merchant_id(self.number)

    @property
    def secrets(self) -> Iterator[bytes]:
        """Return what others must not be told."""
        for text in (self.id, shop_domain(self.number), *self.ids.values()):
            yield text.encode()


@attrs.frozen
class Probe:
    """
    One call.

    Args:
        path: Its path.
        token: The token, by its number.
        merchant: The merchant that it names, by their number.
        owners: Whose ids it has, by field; None: nobody's.
    """

    path: str
    token: int
    merchant: int
    owners: tuple[tuple[str, int | None], ...]

    @property
    def method(self) -> str:
        """Return the method's name."""
        return self.path.rpartition("/")[2]

    @property
    def of_nobody(self) -> Probe:
        """Return the same call with nobody's ids in place of another merchant's."""
        own = self.merchant
        owners = ((field, owner if owner == own else None) for field, owner in self.owners)
        return attrs.evolve(self, owners=tuple(owners))


def merchant_id(number: int) -> str:
    """Return the id of a merchant."""
    return f"merchant-{number:02}"


def shop_domain(number: int) -> str:
    """Return the shop of a merchant."""
    return f"shop-{number:02}.myshopify.com"


def token(number: int) -> str:
    """Return a token: that of a merchant, that of the first two, or one that Auth never gave."""
    return f"token-{number:02}"


def request_id(method: str, number: int | None) -> str:
    """Return how a merchant, or nobody, names a call of a method."""
    return str(uuid5(_NAMES, f"{method} {number}"))


def may_act(of_token: int, merchant: int, merchants: int) -> bool:
    """Tell whether Auth lets a token act for a merchant, if there are so many."""
    return of_token == merchant or (of_token == merchants and merchant < 2)


def all_probes(merchants: int) -> Iterator[Probe]:
    """Return every path with every token, every merchant, and everybody's ids in every field."""
    for path, kind in METHODS.items():
        for fields in _fields_together(kind):
            everybody = product((*range(merchants), None), repeat=len(fields))
            for ids, of_token, merchant in product(
                everybody, range(NOBODYS_TOKEN, merchants + 1), range(merchants)
            ):
                probe = Probe(path, of_token, merchant, tuple(zip(fields, ids, strict=True)))
                if not may_act(of_token, merchant, merchants) or _may_be_repeated(probe):
                    yield probe


def _fields_together(kind: Any) -> Iterator[list[str]]:
    """Return the fields for ids that go together: one of a oneof; with a page's, or without."""
    fields = [name for name in text_fields(kind) if name in IDS]
    if "page_token" in fields:
        yield [name for name in fields if name != "page_token"]
    chosen = [name for name in fields if kind.fields_by_name[name].containing_oneof]
    for one in chosen or [""]:
        yield [name for name in fields if name == one or name not in chosen]


def _may_be_repeated(probe: Probe) -> bool:
    """Leave out what would change the answers to others; all that is refused may be repeated."""
    owners = [owner for _, owner in probe.owners]
    match probe.method:
        case "PutProgram":
            return False
        case "RevokeReferralLink":
            return probe.merchant not in owners
        case "CreateReferralLink":  # the name of a call is that of one customer's call
            return len(set(owners)) == 1
        case _:
            return True


@attrs.frozen(kw_only=True)
class Prober:
    """
    Makes probes.

    Args:
        channel: Leads to the service.
        merchants: The merchants.
    """

    channel: Channel
    merchants: Sequence[Merchant]
    _nobodys: dict[Probe, Answer] = attrs.field(factory=dict, init=False)

    async def make(self, probes: Iterable[Probe]) -> int:
        """Make probes, some at a time, none of which may be told anything; return how many."""
        last: list[Probe] = []  # a link changes what its merchant has of a customer
        others: list[Probe] = []
        for probe in probes:
            (last if probe.method == "CreateReferralLink" else others).append(probe)
        for some in (others, last):
            waiting = iter(some)
            async with asyncio.TaskGroup() as group:
                for _ in range(_AT_ONCE):
                    group.create_task(self._make_one_after_the_other(waiting))
        return len(others) + len(last)

    async def _make_one_after_the_other(self, probes: Iterator[Probe]) -> None:
        for probe in probes:
            await self.require_told_nothing(probe)

    async def require_told_nothing(self, probe: Probe) -> None:
        """Make a probe, and fail if it is told anything of a merchant whom it may not act for."""
        answer = await self.ask(probe)
        acts = may_act(probe.token, probe.merchant, len(self.merchants))
        if not acts:
            known = probe.token != NOBODYS_TOKEN
            codes = grpc.StatusCode
            assert answer[0] is (codes.PERMISSION_DENIED if known else codes.UNAUTHENTICATED), (
                probe
            )
        given, told = self.request(probe), b"".join((answer[1].encode(), *answer[2:]))
        for merchant in self.merchants:
            if not (acts and merchant.number == probe.merchant):
                for secret in merchant.secrets:
                    assert secret not in told or secret in given, probe
        if not acts or probe.of_nobody != probe:
            assert self._comparable(probe, answer) == await self._for_nobody(probe), probe

    async def ask(self, probe: Probe) -> Answer:
        """Make a probe, and return all that it is told; on a busy machine more than once."""
        for _ in range(_PATIENCE):
            answer = await self._ask(probe)
            if answer[0] not in _BUSY:
                return answer
        raise AssertionError("the service is away")

    async def _ask(self, probe: Probe) -> Answer:
        metadata = (("authorization", f"Bearer {token(probe.token)}"),)
        call: Any = bare(self.channel, probe.path)(
            self.request(probe), metadata=metadata, timeout=60
        )
        code = await call.code()
        details = dict(await call.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
        response = await call if code is grpc.StatusCode.OK else b""
        return code, await call.details() or "", details, response

    def request(self, probe: Probe) -> bytes:
        """Return the request of a probe."""
        message: Any = good(METHODS[probe.path])
        if isinstance(message, pb.PutProgramRequest):
            message.program.merchant_id = merchant_id(probe.merchant)
        else:
            message.merchant_id = merchant_id(probe.merchant)
        if isinstance(message, pb.ListReferralsRequest):
            message.status = pb.REFERRAL_STATUS_UNSPECIFIED
        for field in IDS:
            if field in message.DESCRIPTOR.fields_by_name:
                message.ClearField(field)
        for field, owner in probe.owners:
            setattr(message, field, self._id(probe.method, field, owner))
        raw: bytes = message.SerializeToString()
        return raw

    async def _for_nobody(self, probe: Probe) -> Answer:
        nobodys = probe.of_nobody
        if nobodys not in self._nobodys:
            self._nobodys[nobodys] = self._comparable(nobodys, await self.ask(nobodys))
        return self._nobodys[nobodys]

    def _comparable(self, probe: Probe, answer: Answer) -> Answer:
        """Return an answer without what it repeats of the request, and without what is new."""
        code, message, details, response = answer
        if response and probe.method in _MAKES:
            response = _without_what_is_new(probe.method, response)
        for field, owner in probe.owners:
            if owner != probe.merchant:
                given = self._id(probe.method, field, owner).encode()
                response = response.replace(given, self._id(probe.method, field, None).encode())
        return code, message, details, response

    def _id(self, method: str, field: str, owner: int | None) -> str:
        if field == "request_id":
            return request_id(method, owner)
        return NOBODYS[field] if owner is None else self.merchants[owner].ids[field]


def _without_what_is_new(method: str, response: bytes) -> bytes:
    message: Message = GetMessageClass(SERVICE.methods_by_name[method].output_type)()
    message.ParseFromString(response)
    for part in (message, *(value for _, value in message.ListFields())):
        for name in _MADE_ANEW if hasattr(part, "DESCRIPTOR") else ():
            if name in part.DESCRIPTOR.fields_by_name:
                part.ClearField(name)
    return message.SerializeToString()
