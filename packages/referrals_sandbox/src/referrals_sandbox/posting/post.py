"""The command `post`: Shopify by hand."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import attrs

from referrals_sandbox.composition import finding
from referrals_sandbox.composition.description import Description
from referrals_sandbox.neighbours.shopify import Delivery, deliver
from referrals_sandbox.posting import sample_order, topics
from referrals_sandbox.posting.settling import Found, referral_of
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    import httpx

_OK = 200
_SETTLES_WITHIN = 8.0  # seconds


def post(options: argparse.Namespace) -> int:
    """
    Do it, and return the exit code.

    Raises:
        SandboxError: There is no sandbox, the file cannot be used, or a service is away.
    """
    sandbox = Description.read(options.sandbox) if options.sandbox else finding.newest()
    delivery = Delivery(
        topic=options.topic,
        shop_domain=options.shop or sandbox.shop_domain,
        body=_body(options),
        secret=sandbox.shopify_secret,
    )
    answers = deliver(sandbox.gateway, delivery, times=options.times)
    accepted = all(answer.status_code == _OK for answer in answers)
    found = referral_of(sandbox, delivery, within=_SETTLES_WITHIN if accepted else 0)
    print(_as_json(answers, found) if options.json else _as_text(delivery, answers, found))
    return 0 if accepted else 1


def _body(options: argparse.Namespace) -> bytes:
    try:
        raw: bytes = options.file.read_bytes()
    except OSError as error:
        raise SandboxError(f"cannot read {options.file}: {error.strerror}") from error
    if options.as_is and options.code is None and options.order is None:
        return raw
    body = sample_order.read(raw)
    if options.code is not None:
        body = _with_code(body, options.code)
    if options.order is not None:
        body = topics.of_order(body, options.topic, options.order)
    if not options.as_is:
        now = datetime.now(UTC)
        body = topics.reporting(sample_order.as_of(body, now), options.topic, now)
    return json.dumps(body).encode()


def _with_code(body: sample_order.Body, code: str) -> sample_order.Body:
    try:
        return sample_order.with_code(body, code)
    except (AttributeError, TypeError, ValueError) as error:
        raise SandboxError(
            "the file is no order as Shopify writes it, so --code is lost"
        ) from error


def _as_text(delivery: Delivery, answers: Sequence[httpx.Response], found: Found | None) -> str:
    counts = Counter((answer.status_code, answer.text.strip()) for answer in answers)
    lines = [
        f"POST /{delivery.topic}: {count} x {code} {text}".rstrip()
        for (code, text), count in counts.items()
    ]
    if found is None:
        return "\n".join(
            [*lines, "the body is no order and no refund, so no referral belongs to it"]
        )
    lines.append(f"referral {found.referral_id}")
    lines += [f"{path}: {standing}" for path, standing in found.statuses.items()]
    return "\n".join([*lines, found.summary]).rstrip()


def _as_json(answers: Sequence[httpx.Response], found: Found | None) -> str:
    return json.dumps(
        {
            "answers": [{"status": answer.status_code, "body": answer.text} for answer in answers],
            "referral_id": found.referral_id if found else None,
            "statuses": {
                path: attrs.asdict(standing)
                for path, standing in (found.statuses.items() if found else ())
            },
            "summary": found.summary if found else None,
        },
        indent=2,
    )
