"""How our commands end: with the same exit codes, and with one line for a person."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from referrals_adapters.system.address import CannotListen
from referrals_adapters.wire.variables import SettingsError
from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DONE: Final = 0
FAILED: Final = 1
MISUSED: Final = 2
REPLACE: Final = 75
"""EX_TEMPFAIL of sysexits.h."""
INTERRUPTED: Final = 130
TERMINATED: Final = 143

EXIT_CODES: Final[Mapping[int, str]] = {
    DONE: "it is done",
    FAILED: "it failed; standard error tells in one line why, and what to do next",
    MISUSED: "the command line is wrong; nothing was done",
    INTERRUPTED: "Ctrl-C ended it before it was done",
    TERMINATED: "SIGTERM ended it before it was done",
}
"""What the exit codes of every command mean; 130 and 143 are 128 and the signal's number."""

ADVICE: Final[Mapping[type[Exception], str]] = {
    SettingsError: "--help tells which variables are read",
    CannotListen: "end who listens there, or set another address",
    Unavailable: "see that it runs, that REFERRALS_DB_HOST and what belongs to it are right, "
    "and that `referrals-webhook migrate` was run",
}
"""What a person should do about an error of a service."""


@contextmanager
def reported(program: str, advice: Mapping[type[Exception], str] = ADVICE) -> Iterator[None]:
    """
    Have the process end as `EXIT_CODES` say, without a trace of what a person can mend.

    Args:
        program: Who reports, on standard error.
        advice: The errors that are told in one line, and what that line adds to their text.

    Raises:
        SystemExit: The block did not come to its end.
    """
    try:
        try:
            yield
        finally:
            sys.stdout.flush()  # at the exit it would be too late to tell
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # who read our output has seen enough
        _write_no_more()
        sys.exit(FAILED)
    except tuple(advice) as error:
        hints = (hint for kind, hint in advice.items() if isinstance(error, kind) and hint)
        sys.exit(f"{program}: {'; '.join([str(error), *hints])}")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _write_no_more()
        sys.exit(f"{program}: cannot write: {error.strerror}; make room")


def _write_no_more() -> None:
    """Have what is still to be written vanish, because at the exit it is tried again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
