"""
Ask whether anything that is locked has a known vulnerability.

`uv run --group audit python -m tests.supply_chain.audit` ends with 0 if nothing has, with 1 if
something has, and with 2 if nobody could be asked about all of it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.supply_chain.lock import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SERVICES: Final = ("osv", "pypi")
"""Who knows of vulnerabilities, as pip-audit calls them; the next is asked if one is away."""

_AWAY: Final = ("requests.exceptions.", "ERROR:pip_audit.")
"""How the last line of pip-audit's errors begins if it could not ask; else it is a mistake."""

_EXPORT: Final = ("export", "-q", "--locked", "--all-packages", "--all-groups")


class Verdict(IntEnum):
    """What came of asking, as the command's exit code."""

    CLEAN = 0
    VULNERABLE = 1
    UNKNOWN = 2


def main() -> Verdict:
    """Ask, and print what was answered."""
    with tempfile.TemporaryDirectory() as folder:
        locked = Path(folder, "requirements.txt")
        uv = os.environ.get("UV") or shutil.which("uv") or "uv"
        export = [uv, *_EXPORT, "--no-emit-workspace", "-o", str(locked)]
        subprocess.run(export, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        for service in SERVICES:
            said, verdict = _ask(service, locked)
            print(f"{service}: {said}")
            if verdict is not Verdict.UNKNOWN:
                return verdict
    print("NOT AUDITED: nobody could be asked about known vulnerabilities", file=sys.stderr)
    return Verdict.UNKNOWN


def judged(report: Mapping[str, Any]) -> tuple[str, Verdict]:
    """Return what a report of pip-audit says: it passes over what it could not look up."""
    packages = report["dependencies"]
    vulnerable = {
        f"{one['name']} {one['version']}: {', '.join(bug['id'] for bug in one['vulns'])}"
        for one in packages
        if one.get("vulns")
    }
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    if vulnerable:
        return "\n".join(sorted(vulnerable)), Verdict.VULNERABLE
    if skipped or not packages:
        return f"{len(skipped)} of {len(packages)} packages are unknown to it", Verdict.UNKNOWN
    return f"no known vulnerability in {len(packages)} packages", Verdict.CLEAN


def _ask(service: str, locked: Path) -> tuple[str, Verdict]:
    done = _pip_audit(
        *("--requirement", str(locked), "--disable-pip"),
        *("--vulnerability-service", service, "--format", "json", "--progress-spinner", "off"),
    )
    if done.stdout:
        return judged(json.loads(done.stdout))
    *_, reason = ["it said nothing", *done.stderr.strip().splitlines()]
    if not reason.startswith(_AWAY):
        raise RuntimeError(reason)
    return f"not to be asked: {reason}", Verdict.UNKNOWN


def _pip_audit(*options: str) -> subprocess.CompletedProcess[str]:
    command: Sequence[str] = (sys.executable, "-m", "pip_audit", *options)
    return subprocess.run(command, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
