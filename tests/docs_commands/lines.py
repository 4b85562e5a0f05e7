"""Collects the command lines of the documentation, and of the examples below `--help`."""

import argparse
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ptr_data.cli import _parser as data_parser
from ptr_eval.cli import _parser as eval_parser
from ptr_train.cli import _parser as train_parser

ROOT = Path(__file__).parents[2]
HELP = "--help"
"""The name under which the examples of all help texts stand, as if they were a document."""
PROGRAMS = (
    "ptr-eval", "ptr-data", "ptr-train", "lm_eval", "pip", "make", "sh", "bash", "python",
    "python3", "torchrun", "deepspeed", "docker", "vllm",
)  # fmt: skip
"""A line that begins with one of these is a command."""

_SHELL = ("bash", "sh", "shell", "console")
_PYTHON_STARTS = ("from ", "import ")


@dataclass(frozen=True, slots=True)
class Line:
    """One command line, which may go over several lines of its document."""

    document: str
    """The document's path in the repository, or `--help`."""
    number: int
    """The line's number in the document, from 1."""
    code: str
    """The line for the shell, as it is written."""

    @property
    def command(self) -> str:
        """The line without its comment."""
        return re.sub(r"\s+# .*", "", self.code)

    @property
    def text(self) -> str:
        """The command in one line."""
        return " ".join(self.command.replace("\\\n", " ").split())

    def __str__(self) -> str:
        return f"{self.document}:{self.number}: {self.text}"


def documents() -> list[str]:
    """List what is searched: every README, docs/*.md, CONTRIBUTING.md, and the help texts."""
    folders = ("examples", "reports", "studies", "task_configs", "benchmarks")
    found = {path for folder in folders for path in (ROOT / folder).rglob("README.md")}
    found |= {ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")}
    return [*sorted(path.relative_to(ROOT).as_posix() for path in found), HELP]


def command_lines(document: str) -> list[Line]:
    """List the command lines of a document in their order."""
    if document == HELP:
        shown = [row.strip() for row in (eval_parser().description or "").splitlines()]
        shown = [re.sub("  .*", "", row) for row in shown if row.split(" ")[0] in PROGRAMS]
        shown += [(parser.epilog or "").partition("\n  ")[2] for parser in commands().values()]
        return [Line(HELP, number, code) for number, code in enumerate(shown, start=1)]
    return list(_of_markdown(document))


def commands() -> dict[str, argparse.ArgumentParser]:
    """All our commands, such as `ptr-eval run`, with their parsers."""
    return {
        f"{parser.prog} {name}": command
        for parser in (eval_parser(), data_parser(), train_parser())
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, command in action.choices.items()
    }


def blocks(document: str, language: str) -> list[str]:
    """List the fenced blocks of a language in a document."""
    return [token.content for token in _tokens(document) if token.info == language]


def read(document: str) -> str:
    """Read a document."""
    return (ROOT / document).read_text(encoding="utf-8")


def first_cells(document: str, heading: str) -> list[list[str]]:
    """List the names in the first column of the table below a heading, row by row."""
    found: list[list[str]] = []
    is_below, column = False, 0
    for token in _tokens(document):
        if token.type == "inline" and token.level == 1:
            is_below = token.content == heading or (is_below and not found)
        column = {"tr_open": 0, "td_close": column + 1}.get(token.type, column)
        if is_below and token.type == "inline" and token.level > 1 and not column:
            found.append(
                [code.content for code in token.children or () if code.type == "code_inline"]
            )
    return [names for names in found if names]


def python_blocks(document: str) -> list[str]:
    """List the blocks of Python in a document, fenced or indented."""
    if document == HELP:
        return []
    return [
        token.content
        for token in _tokens(document)
        if token.info == "python"
        or (token.type == "code_block" and token.content.startswith(_PYTHON_STARTS))
    ]


def _tokens(document: str) -> Sequence[Token]:
    return MarkdownIt("commonmark").enable("table").parse(read(document))


def logical_lines(block: str) -> Iterator[tuple[int, str]]:
    """Divide a block into what a shell takes at once, each with its first line's number from 0."""
    start, taken = 0, ""
    for number, row in enumerate(block.splitlines()):
        taken += row + "\n"
        if row.endswith("\\") or not _is_whole(taken):
            continue
        if taken.strip() and not taken.lstrip().startswith("#"):
            yield start, taken.rstrip("\n")
        start, taken = number + 1, ""
    assert not taken.strip(), f"This block of commands is not what a shell understands: {taken}"


def _is_whole(code: str) -> bool:
    """Ask a shell whether anything is open, such as a quote or a function."""
    asked = ["bash", "--noprofile", "-n", "-c", code]
    return subprocess.run(asked, stderr=subprocess.DEVNULL, check=False).returncode == 0


def _of_markdown(document: str) -> Iterator[Line]:
    in_table = False
    for token in _tokens(document):
        in_table = {"table_open": True, "table_close": False}.get(token.type, in_table)
        first = token.map[0] + 1 if token.map else 0
        if token.type in ("fence", "code_block"):
            if _is_shell(token, document):
                first += token.type == "fence"
                for number, code in logical_lines(token.content):
                    yield Line(document, first + number, code)
        for inline in token.children or ():
            if inline.type == "code_inline" and _is_command(inline.content, in_table):
                yield Line(document, first, inline.content)


def _is_shell(token: Token, document: str) -> bool:
    if token.info:
        return token.info in _SHELL
    rows = token.content.splitlines()
    if rows[0].startswith(_PYTHON_STARTS):
        return False
    begun = [_begins(row) for row in rows if row.strip()]
    assert begun[0] or not any(begun), (
        f"{document} has a block of which only some lines are commands: {rows}; "
        "write commands in a block of their own, fenced as bash."
    )
    return begun[0]


def _is_command(code: str, in_table: bool) -> bool:
    """Tell a command, or arguments of one, from a name. Tables hold names of arguments."""
    is_arguments = code.startswith("--") and not in_table
    return " " in code.strip() and (_begins(code) or is_arguments)


def _begins(code: str) -> bool:
    """Whether a program comes first, or after settings of the environment."""
    words = (word for word in code.split() if not re.match(r"\w+=", word))
    return next(words, "") in PROGRAMS
