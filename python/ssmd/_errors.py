class SsmdError(Exception):
    """What went wrong, in one sentence, with a hint; `code` for programs."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.code, self.hint = code, hint
