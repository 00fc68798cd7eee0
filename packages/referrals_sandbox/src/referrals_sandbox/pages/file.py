"""Where a page goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from pathlib import Path


def require_folder(file: Path | None) -> None:
    """
    Pass if a page may be written there, before the minutes that it takes to have one.

    Raises:
        SandboxError: There is no such folder.
    """
    if file and not file.absolute().parent.is_dir():
        raise SandboxError(f"cannot write {file}: there is no such folder")


def write(file: Path, page: str) -> None:
    """
    Write a page.

    Raises:
        SandboxError: It cannot be written.
    """
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise SandboxError(f"cannot write {file}: {error.strerror}") from error
