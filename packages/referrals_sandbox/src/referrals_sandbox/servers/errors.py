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
