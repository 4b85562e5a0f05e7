"""Finds the blocks of code in a response, and says which ones it quotes as superseded."""

import ast
import re
import textwrap
import warnings
from dataclasses import dataclass

from ptr_eval.scoring.code.versions import shows_superseded

_FENCE = re.compile(r"^ {0,12}(`{3,}|~{3,})(.*)$", re.MULTILINE)
_INDENTED = re.compile(r"\s*^[ \t]+(?:import |from |def |class |@|async def )", re.MULTILINE)
_STARTS_CODE = re.compile(r"(?:import |from \w|def \w|class \w|@\w|async def )")
_LINES_BEFORE = 12
_LONGEST_LINE = 400
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")

_HEADER = re.compile(r"\s{0,9}(?:python3?|py|[\w/-]{1,40}\.py)[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code in a response."""

    text: str
    before: str = ""
    """The text between the block before and this one."""


def fenced_blocks(response: str) -> list[Block]:
    """List the fenced blocks that have text; one that is never closed goes on to the end."""
    blocks, opened, last = [], None, 0
    for fence in _FENCE.finditer(response):
        if opened is None:
            opened = fence
        elif fence[1].startswith(opened[1]) and not fence[2].strip():
            blocks.append(_block(response, last, opened, fence.start()))
            opened, last = None, fence.end()
    if opened is not None:
        blocks.append(_block(response, last, opened, len(response)))
    return [block for block in blocks if block.text.strip()]


def code_runs(response: str) -> list[Block]:
    """List the runs of lines that look like code, in a response without fences."""
    runs, code, prose = [], list[str](), list[str]()
    for line in [*response.split("\n"), "."]:
        if _STARTS_CODE.match(line) or (code and (not line.strip() or line[0] in " \t#)]}")):
            code.append(line)
            continue
        if code:
            runs.append(Block("\n".join(code), "\n".join(prose[-_LINES_BEFORE:])))
            code, prose = [], []
        prose.append(line)
    return runs


def indented_runs(response: str) -> list[Block]:
    """List the runs of indented lines that begin like code, without their indentation."""
    runs, run, depth = list[Block](), list[str](), 0
    for line in [*response.split("\n"), "."]:
        stripped = line.lstrip(" \t")
        indentation = len(line) - len(stripped)
        if run and (not stripped or indentation >= depth):
            run.append(line)
            continue
        if run:
            runs.append(Block(textwrap.dedent("\n".join(run))))
            run = []
        if indentation and _STARTS_CODE.match(stripped):
            run, depth = [line], indentation
    return runs


def is_superseded(block: Block) -> bool:
    """Whether a response shows a block as an earlier or a wrong version.

    The sentence before the block decides, or else the last heading; and a comment in its first
    line.
    """
    lines = [line for line in block.before.split("\n")[-_LINES_BEFORE:] if line.strip()]
    headings = [line for line in lines if line.lstrip().startswith(("#", "**"))]
    headings += [line for line in lines[:-1] if _is_label(line)] if not headings else []
    sentence = _SENTENCE_END.split(lines[-1][-_LONGEST_LINE:].strip())[-1] if lines else ""
    first = block.text.lstrip().partition("\n")[0]
    for text in (first if first.startswith("#") else "", sentence, *headings[-1:]):
        superseded = shows_superseded(text)
        if superseded is not None:
            return superseded
    return False


def is_stub(text: str, name: str) -> bool:
    """Whether a text that compiles defines a function without a body of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = ast.parse(text)
    functions = [
        node
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    ]
    return bool(functions) and all(map(_is_empty, functions[-1].body))


def _block(response: str, last: int, opened: re.Match[str], end: int) -> Block:
    text = response[opened.end() + 1 : end]
    if header := _HEADER.match(text):
        text = text[header.end() :]
    # A block inside a list is indented as a whole. A function's body is, too; it defines nothing.
    if _INDENTED.match(text):
        text = textwrap.dedent(text)
    return Block(text, response[max(last, opened.start() - 4 * _LONGEST_LINE) : opened.start()])


def _is_label(line: str) -> bool:
    return line.rstrip(" \t\r*_").endswith(":")


def _is_empty(statement: ast.stmt) -> bool:
    """Whether a statement does nothing: a docstring, `pass`, `...`, a `NotImplementedError`."""
    if isinstance(statement, ast.Raise):
        return "NotImplemented" in ast.dump(statement)
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass)
