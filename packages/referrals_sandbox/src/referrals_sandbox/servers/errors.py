"""What a person reads when the sandbox cannot go on."""


class SandboxError(Exception):
    """
    The sandbox cannot go on; the text is one line: what failed, and what to do next.

    Args:
        message: That line.
        log: The last lines written by the process that failed, if one did.
    """

    def __init__(self, message: str, *, log: str = "") -> None:
        super().__init__(message)
        self.log = log


def first_of(group: ExceptionGroup[Exception]) -> Exception:
    """Return the first error of a group, for who can tell of one only."""
    error = group.exceptions[0]
    return first_of(error) if isinstance(error, ExceptionGroup) else error
