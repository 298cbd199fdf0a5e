from __future__ import annotations


class SsmdError(Exception):
    """What went wrong, in one sentence, with a hint; `code` for programs."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.code, self.hint = code, hint


class NotRead(UserWarning):
    """Files of the archive that this package cannot read; their time is marked as a gap."""
