"""The error for a mistake of the user: one sentence with the remedy.

Bugs are ordinary exceptions and keep their traceback.
"""


class UserError(Exception, SystemExit):
    """A mistake in a file, flag or setting, described so that the user can correct it.

    It is also a `SystemExit`: if it is not caught, the interpreter prints only the sentence and
    exits with status 1, under every command line, including that of lm-eval. Callers catch it as
    an `Exception` like any other.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code = message

    @classmethod
    def collect(cls, problems: list[str]) -> "UserError":
        """Make one error of all problems, with one line for each."""
        if len(problems) == 1:
            return cls(problems[0])
        return cls("\n".join([f"{len(problems)} problems:", *(f"  - {p}" for p in problems)]))
