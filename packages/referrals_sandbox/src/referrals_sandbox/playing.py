"""The command without a name: start, play the story, and stay up."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, NoReturn

import attrs
from rich.console import Console

from referrals_sandbox.composition.running import running
from referrals_sandbox.composition.wishes import Wishes
from referrals_sandbox.ending import Ended
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.story.farewell import addresses, by_hand, merchant_page
from referrals_sandbox.story.play import play
from referrals_sandbox.story.reversal import play_reversal
from referrals_sandbox.story.telling import Telling

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection
    from pathlib import Path

    from referrals_sandbox.composition.description import Description
    from referrals_sandbox.servers.child import Child

_PAUSE = 0.25  # seconds between two looks at the processes


def start(options: argparse.Namespace) -> int:
    """
    Do it, and return the exit code.

    Raises:
        SandboxError: Something is missing, does not come up, or a step did not hold.
        Ended: Somebody ended it before the story was over.
    """
    if options.describe:
        _forget(options.describe)
    # Where a program reads what came of it, a person may still watch.
    telling = Telling(Console(highlight=False, stderr=options.json))
    wishes = Wishes(
        settings=os.environ,
        grpc_port=options.grpc_port,
        webhook_port=options.webhook_port,
        gateway_port=options.gateway_port,
        database_port=options.database_port,
        redis_port=options.redis_port,
    )
    with running(wishes, telling) as sandbox:
        completed = play(sandbox, telling)
        play_reversal(sandbox, telling)
        try:
            if options.describe:
                sandbox.write(options.describe)
            print(as_json(telling, sandbox) if options.json else _as_text(telling), flush=True)
            if options.once:
                return 0
            if not options.json:
                print(f"{addresses(sandbox)}\n\n{by_hand(sandbox, completed)}\n")
                print(f"{merchant_page(sandbox)}\n")
                print("Ctrl-C ends it.", flush=True)
            stay(sandbox.children())
        except Ended:
            return 0


def stay(children: Collection[Child]) -> NoReturn:
    """
    Stay until somebody ends it.

    Raises:
        SandboxError: A process has ended by itself.
    """
    while True:
        for child in children:
            if child.exit_code is not None:
                last = child.log_tail(1)
                raise SandboxError(
                    f"{child.command.name} ended with exit code {child.exit_code} ({last})"
                )
        time.sleep(_PAUSE)


def as_json(telling: Telling, sandbox: Description) -> str:
    """Return what a program may want to know of a story that held, as JSON."""
    return json.dumps(
        {
            "seconds": round(telling.total(), 2),
            "steps": [attrs.asdict(step) for step in telling.steps],
            "sandbox": sandbox.as_document(),
        },
        indent=2,
    )


def _as_text(telling: Telling) -> str:
    return f"Every step held; {telling.total():.1f} s in all.\n"


def _forget(describe: Path) -> None:
    """
    Remove what an earlier sandbox wrote, so that whoever waits for the file does not read that.

    Raises:
        SandboxError: It cannot be removed, or its folder is not there.
    """
    try:
        if not describe.parent.is_dir():
            raise SandboxError(f"cannot write {describe}: there is no folder {describe.parent}")
        if describe.exists() and not describe.is_file():
            raise SandboxError(f"cannot write {describe}: it is no regular file")
        if not os.access(describe.parent, os.W_OK):
            raise SandboxError(f"cannot write into the folder {describe.parent}")
        describe.unlink(missing_ok=True)
    except OSError as error:
        raise SandboxError(f"cannot write {describe}: {error.strerror}") from error
