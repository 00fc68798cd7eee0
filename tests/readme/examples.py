"""What a page's examples do when they are run as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.neighbours.frontend import open_frontend

if TYPE_CHECKING:
    from playwright.async_api import ConsoleMessage, Page

    from referrals_sandbox.composition.description import Description

_SUITE: Final = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto")
_WITHIN: Final = 30.0  # seconds


@attrs.frozen
class Ground:
    """
    Where an example runs.

    Args:
        folder: A folder of its own.
        variables: What the page says that its environment holds.
    """

    folder: Path
    variables: Mapping[str, str] = attrs.field(factory=dict)

    def python(self, text: str) -> str:
        """Run a script and return what it prints, or a module of tests, which must pass."""
        script = self._file("test_example.py", text)
        if "\nclass Test" not in text:
            return self._run(sys.executable, script)
        told = self._run(sys.executable, *_SUITE, "--rootdir", self.folder, script)
        assert " passed" in told
        return ""

    async def javascript(self, text: str, page: Page) -> str:
        """Run it in a page, where the variables are constants, and return what it prints."""
        printed: list[str] = []

        def hear(message: ConsoleMessage) -> None:
            if message.type == "log":  # the rest is the browser's own
                printed.append(f"{message.text}\n")

        page.on("console", hear)
        names = ", ".join(self.variables)
        await page.evaluate(f"async ({{ {names} }}) => {{ {text} }}", dict(self.variables))
        return "".join(printed)

    def shell(self, text: str) -> str:
        """Run commands of the machine's own shell, and return what they print."""
        return self._run("bash", "-euc", text)

    def _file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def _run(self, *words: str | Path) -> str:
        done = subprocess.run(  # noqa: S603 - what our own pages tell people to do
            words,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], **self.variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=_WITHIN,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def variables(sandbox: Description) -> dict[str, str]:
    """Return what the examples of frontends hold; the referral is one that a share opened."""
    with open_frontend(sandbox.grpc, sandbox.token) as frontend:
        referral = frontend.share(sandbox.merchant_id, sandbox.referral_link_id, pb.CHANNEL_SMS)
    return {
        "GATEWAY": sandbox.gateway.removeprefix("http://"),
        "TOKEN": sandbox.token,
        "MERCHANT_ID": sandbox.merchant_id,
        "CUSTOMER_ID": sandbox.customer_id,
        "REFERRAL_ID": referral.id,
    }
