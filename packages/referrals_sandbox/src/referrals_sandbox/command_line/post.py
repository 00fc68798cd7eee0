"""The words of `referrals-sandbox post`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from referrals_adapters.system.command_line import About, add_command, number
from referrals_adapters.system.exits import DONE, FAILED
from referrals_sandbox.command_line.telling import add_json

if TYPE_CHECKING:
    from referrals_adapters.system.command_line import Commands

_MOST_TIMES: Final = 1_000  # each is a thread
_LARGEST_ID: Final = 2**63 - 1
_SAMPLE: Final = "tests/shopify/orders_create.json"

_ABOUT: Final = About(
    does="Sign a Shopify body as Shopify does, and post it to the running sandbox.",
    prints="What the gateway answered, and how the referral stands on both gRPC paths and in "
    "words; with --json in an object.",
    more="""\
It goes through the gateway. Its times become now. Posted again it changes nothing.

By --topic orders/paid or orders/cancelled the order in FILE is paid, or has just been
cancelled; by --topic refunds/create FILE is a refund.
""",
    environment={"TMPDIR": "where the running sandbox is looked for (/tmp)"},
    examples=(
        f"referrals-sandbox post {_SAMPLE} --code 7K2QM9XT3V",
        f"referrals-sandbox post {_SAMPLE} --times 20 --json",
        "referrals-sandbox post tests/shopify/refunds_create.json --topic refunds/create",
    ),
    exits={DONE: "every answer was 200", FAILED: "an answer was not 200, or something failed"},
)


def add_post(commands: Commands) -> None:
    """Add the command."""
    post = add_command(commands, "post", _ABOUT)
    post.add_argument("file", metavar="FILE", type=Path, help="the body, as JSON")
    post.add_argument("--topic", default="orders/create", help="its topic (%(default)s)")
    post.add_argument("--shop", metavar="DOMAIN", help="whose shop it is (the sandbox's)")
    post.add_argument(
        "--code", help="the link's code, put in place of the one in the file (that one)"
    )
    post.add_argument(
        "--order",
        metavar="ID",
        type=partial(number, largest=_LARGEST_ID),
        help="the order, in place of the one in the file (that one)",
    )
    post.add_argument(
        "--as-is",
        action="store_true",
        help="leave its times, payment and cancellation as they are",
    )
    post.add_argument(
        "--times",
        metavar="N",
        type=partial(number, largest=_MOST_TIMES),
        default=1,
        help="post it so often, all at once (%(default)s)",
    )
    post.add_argument(
        "--sandbox", metavar="FILE", type=Path, help="what --describe wrote (the newest sandbox)"
    )
    add_json(post)
