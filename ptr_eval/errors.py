"""What a user did that cannot work, said in one sentence with the remedy.

Bugs are ordinary exceptions and keep their traceback.
"""


class UserError(Exception, SystemExit):
    """A mistake in a file, flag or setting, described so that it can be mended.

    It is a `SystemExit` as well: uncaught, the interpreter prints the sentence alone and
    exits with status 1, under any command line, lm-eval's included. As an `Exception` it is
    caught by callers like any other.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code = message

    @classmethod
    def collect(cls, problems: list[str]) -> "UserError":
        """Make one error out of all problems found, one a line."""
        if len(problems) == 1:
            return cls(problems[0])
        return cls("\n".join([f"{len(problems)} problems:", *(f"  - {p}" for p in problems)]))
