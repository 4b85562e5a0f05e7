"""How command lines are found in documents, and how a shell runs them."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.docs_commands.lines import command_lines, logical_lines
from tests.docs_commands.shell import Shell

DOCUMENT = """\
# Title

Give `ptr-eval table out`, `A=b make all`, or `--limit 3`; `ptr-eval` and `--limit` are names.

| `--max_length 4096` | `ptr-data stats DIR` |
|---|---|

```bash
# Only a comment.
A=b ptr-eval run --tasks ptr_gsm8k \\
    --metadata '{"ptr_rounds": 2}'    # and more
run() { ptr-eval run \\
    --tasks $1; }
ptr-eval report "$(ptr-eval tasks-path)" | head -1 > first.txt
```

    ptr-train run train.yaml       # indented

And a drawing:

    drawing
       v

```python
import ptr_eval
```
"""


def test_lines_are_found_with_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "document.md"
    path.write_text(DOCUMENT)
    found = [(line.number, line.text) for line in command_lines(str(path))]
    assert found == [
        (3, "ptr-eval table out"),
        (3, "A=b make all"),
        (3, "--limit 3"),
        (5, "ptr-data stats DIR"),
        (10, """A=b ptr-eval run --tasks ptr_gsm8k --metadata '{"ptr_rounds": 2}'"""),
        (12, "run() { ptr-eval run --tasks $1; }"),
        (14, 'ptr-eval report "$(ptr-eval tasks-path)" | head -1 > first.txt'),
        (17, "ptr-train run train.yaml"),
    ]


def test_a_block_must_be_whole() -> None:
    with pytest.raises(AssertionError, match="not what a shell understands: ptr-eval table 'out"):
        list(logical_lines("ptr-eval ls\nptr-eval table 'out\n"))


def test_a_block_of_commands_holds_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "document.md"
    path.write_text("Text:\n\n    out/\n    ptr-eval table out\n")
    with pytest.raises(AssertionError, match="write commands in a block of their own"):
        command_lines(str(path))


def say(arguments: Sequence[str]) -> None:
    print(*arguments, os.environ.get("MOOD", ""), sep="|")


def fail(arguments: Sequence[str]) -> None:
    raise SystemExit(arguments[0] if arguments else 3)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with Shell(tmp_path, {"say": say, "fail": fail}) as opened:
        yield opened


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("say 'a b' \\\n c  # d", 0, "a b|c|\n"),
        ("MOOD=good say a; say b", 0, "a|good\nb|\n"),
        ('say "$(say a)"', 0, "a||\n"),
        ("f() { say $1; }; f a", 0, "a|\n"),
        ("{ say a; say b; } | head -n 1", 0, "a|\n"),
        ("say a > a.txt && cat a.txt", 0, "a|\n"),
        ("fail && say never", 3, ""),
        ("fail 'One sentence.' || say a", 0, "One sentence.\na|\n"),
        ("mkdir in && cd in && say a > here.txt && ls", 0, "here.txt\n"),
    ],
)
def test_a_shell_runs_lines_with_functions_as_programs(
    shell: Shell, code: str, status: int, said: str
) -> None:
    assert shell.run(code) == (status, said)


def test_a_program_that_is_not_there_is_named(shell: Shell) -> None:
    status, said = shell.run("no-such-program")
    assert status == 127
    assert said.endswith("no-such-program: command not found\n")


def test_a_shell_remembers(shell: Shell) -> None:
    shell.run("export MOOD=good; g() { say $1; }")
    assert shell.run("g a") == (0, "a|good\n")
    assert "MOOD" not in os.environ
