"""A real shell whose programs are answered by functions of this process."""

import contextlib
import io
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from unittest.mock import patch

Program = Callable[[Sequence[str]], object]
"""From a program's arguments to whatever; it prints, and may end with SystemExit."""

_LOOP = r"""
_ask() {
    {
        printf 'ask\0%s\0' "$PWD"; /usr/bin/env -0; printf '\0'
        printf '%s\0' "$#" "$@"
    } >&"$ASK"
    local status said
    IFS= read -r -d '' status <&"$ANSWER"
    IFS= read -r -d '' said <&"$ANSWER"
    printf '%s' "$said"
    return "$status"
}
while IFS= read -r -d '' _code <&"$ANSWER"; do
    eval "$_code" >"$SAID" 2>&1 </dev/null
    printf 'done\0%s\0' "$?" >&"$ASK"
done
"""


class Shell:
    """Runs lines in bash, one after the other, until the end of a `with` block.

    So continuations, quotes, variables, functions, `$(...)`, `>` and `&&` are what they are to
    users, and yet no program takes seconds to start.

    Args:
        folder: The folder that it begins in.
        programs: What answers, by the name of the program. All others are the real ones.
    """

    def __init__(self, folder: Path, programs: Mapping[str, Program]) -> None:
        self._programs = programs
        self._said = folder / ".said"
        asked, ask = os.pipe()
        answer, answered = os.pipe()
        self._begun = {
            "PATH": "/usr/bin:/bin", "ASK": str(ask), "ANSWER": str(answer),
            "SAID": str(self._said), "PWD": str(folder),
        }  # fmt: skip
        functions = "".join(f'{name}() {{ _ask {name} "$@"; }}\n' for name in programs)
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-c", functions + _LOOP],
            cwd=folder, env=self._begun, pass_fds=(ask, answer), stdin=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(ask)
        os.close(answer)
        self._asked = os.fdopen(asked, "rb")
        self._answered = os.fdopen(answered, "wb")

    def __enter__(self) -> "Shell":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._asked.close()
        with contextlib.suppress(BrokenPipeError):
            self._answered.close()

    def run(self, code: str) -> tuple[int, str]:
        """Run a line; returns its exit status, and all that it printed."""
        self._send(code)
        while self._word() == "ask":
            folder, environment = self._word(), {}
            while setting := self._word():
                name, _, value = setting.partition("=")
                environment[name] = value
            name, *arguments = (self._word() for _ in range(int(self._word())))
            new = {key: value for key, value in environment.items() if key not in self._begun}
            status, said = self._answer(name, arguments, folder, new)
            self._send(str(status), said)
        return int(self._word()), self._said.read_text(encoding="utf-8")

    def _answer(
        self, name: str, arguments: Sequence[str], folder: str, environment: Mapping[str, str]
    ) -> tuple[int, str]:
        with contextlib.chdir(folder), patch.dict(os.environ, environment):
            return answered(self._programs[name], arguments)

    def _send(self, *words: str) -> None:
        self._answered.write(b"".join(word.encode() + b"\0" for word in words))
        self._answered.flush()

    def _word(self) -> str:
        """Read up to the next zero byte."""
        word = b""
        while (byte := self._asked.read(1)) != b"\0":
            assert byte, "The shell ended."
            word += byte
        return word.decode()


def answered(program: Program, arguments: Sequence[str]) -> tuple[int, str]:
    """Run a program in this process; returns its exit status, and what it printed."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            program(arguments)
        except SystemExit as error:
            if not isinstance(error.code, str):
                return error.code or 0, said.getvalue()
            print(error.code)  # As Python does it, with status 1.
            return 1, said.getvalue()
    return 0, said.getvalue()
