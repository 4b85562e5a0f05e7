"""Finds the program in what a model wrote.

A response may be the continuation of the prompt, a whole program, or prose around fenced code.
What compiles is taken unchanged. Text is shortened or indented only where nothing compiles without
that. Nothing is executed here.
"""

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from functools import lru_cache

# Longer text is not repaired: it is no solution to anything, and compiling nested functions takes
# time that grows with the square of their length, up to 0.3 s for this length.
_MOST_CHARACTERS = 10_000
_MOST_WORK = 2 * _MOST_CHARACTERS**2
_MOST_CUTS = 8
_MOST_BLOCKS = 20  # that are read, from the end
_MOST_TRIED = 3
_WORD = re.compile(r"\w+")
_FENCE = re.compile(r"^ {0,12}(`{3,}|~{3,})(.*)$", re.MULTILINE)
_INDENTED = re.compile(r"\s*^[ \t]+(?:import |from |def |class |@|async def )", re.MULTILINE)
_CODE_STARTS = re.compile(r"^(?:import |from |def |class |@|async def )", re.MULTILINE)


def extract_program(response: str, *, prompt: str, entry_point: str) -> str:
    r"""Find the program in a response.

    The prompt comes first, so that its imports and helpers are defined; a definition in the
    response then replaces the prompt's unfinished one. Of several fenced blocks, the last one that
    defines the function is used.

    Args:
        response: What the model wrote, without its thinking block.
        prompt: The problem's code up to where the model continues; prose is left out.
        entry_point: The name of the function to define.

    Returns:
        A Python module, which may not compile; empty if the response has no text.

    Example:
        >>> extract_program("    return a\n", prompt="def f(a):\n", entry_point="f")
        'def f(a):\n    return a\n'
    """
    if not response.strip():
        return ""
    blocks = _fenced_blocks(response)[-_MOST_BLOCKS:]
    work = 0
    for program in _possible_programs(response, blocks, prompt, entry_point):
        if first_error_line(program) is None:
            return program
        work += len(program) ** 2 if len(program) <= _MOST_CHARACTERS else 0
        if work > _MOST_WORK:
            break
    return prompt + next(iter(_likeliest_blocks(blocks, entry_point)), response)


def _fenced_blocks(response: str) -> list[str]:
    """List the contents of fenced blocks; a block that is never closed goes on to the end."""
    blocks, opened = [], None
    for fence in _FENCE.finditer(response):
        if opened is None:
            opened = fence
        elif fence[1].startswith(opened[1]) and not fence[2].strip():
            blocks.append(response[opened.end() + 1 : fence.start()])
            opened = None
    if opened is not None:
        blocks.append(response[opened.end() + 1 :])
    # A block inside a list is indented as a whole. A function's body is, too; it defines nothing.
    return [
        textwrap.dedent(block) if _INDENTED.match(block) else block
        for block in blocks
        if block.strip()
    ]


def _likeliest_blocks(blocks: list[str], entry_point: str) -> list[str]:
    """Put the blocks that define the function first, later ones before earlier ones."""
    defining = [block for block in blocks if _defines(block, entry_point)]
    others = [block for block in blocks if not _defines(block, entry_point)]
    return [*reversed(defining), *reversed(others)][:_MOST_TRIED]


def _defines(text: str, entry_point: str) -> bool:
    name = re.escape(entry_point)
    return re.search(rf"^(?:async )?def {name}\b|^{name} *=", text, re.MULTILINE) is not None


def _possible_programs(
    response: str, blocks: list[str], prompt: str, entry_point: str
) -> Iterator[str]:
    """Yield what the program may be, the most likely first."""
    yield from _ways_to_read(response, prompt, entry_point)
    likeliest = _likeliest_blocks(blocks, entry_point)
    for text in likeliest:
        for program in _ways_to_read(text, prompt, entry_point):
            yield _with_helpers(program, text, blocks)
    for text in (*likeliest, response):
        yield from _repaired_programs(text, prompt, entry_point)


def _ways_to_read(text: str, prompt: str, entry_point: str) -> Iterator[str]:
    """Yield what an unchanged text may be: a whole program, or the prompt continued."""
    if _defines(text, entry_point):
        if prompt.strip() and first_error_line(prompt) is None:
            yield f"{prompt}\n{text}"
        yield text
    else:
        yield prompt + text


def _with_helpers(program: str, text: str, blocks: list[str]) -> str:
    """Add the other blocks that define or import what a text uses but does not define."""
    others = [block for block in blocks if block != text and _CODE_STARTS.search(block)]
    if (
        not others
        or sum(map(len, others)) > _MOST_CHARACTERS
        or first_error_line(program) is not None
    ):
        return program
    missing = set(_WORD.findall(text)) - _defined_names(program)
    helpers = [
        block
        for block in others
        if first_error_line(block) is None and _defined_names(block) & missing
    ]
    return "\n".join([*helpers, program])


def _defined_names(program: str) -> set[str]:
    """List the names of functions, classes and imports of a module that compiles."""
    names = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = ast.parse(program)
    for statement in module.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(statement.name)
    return names


def _repaired_programs(text: str, prompt: str, entry_point: str) -> Iterator[str]:
    """Yield a text as a program with its indentation restored, or shortened to where code ends."""
    if len(text) > _MOST_CHARACTERS:
        return
    start = _CODE_STARTS.search(text)
    if not _defines(text, entry_point):
        yield f"{prompt}    {text.lstrip(' ')}"
        yield prompt + textwrap.indent(text, "    ")
    elif start is not None:
        text = text[start.start() :]
    for program in _ways_to_read(text, prompt, entry_point):
        yield program
        yield from _shortened_programs(program, least=len(prompt))


def _shortened_programs(program: str, least: int) -> Iterator[str]:
    """Yield shorter and shorter beginnings that end before a line that does not compile."""
    for _ in range(_MOST_CUTS):
        line = first_error_line(program)
        if line is None:
            return
        lines = program.split("\n")[:line]
        while lines and lines.pop()[:1] in ("", " ", "\t"):
            pass
        program = "\n".join(lines)
        if len(program) <= least:
            return
        yield program


@lru_cache(maxsize=64)
def first_error_line(program: str) -> int | None:
    """Compile a module; return the line of its first error, None if it has none."""
    if len(program) > _MOST_CHARACTERS:
        return 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(program, "program", "exec", dont_inherit=True)
        except SyntaxError as error:
            return error.lineno or 1
        except (ValueError, RecursionError, MemoryError, OverflowError):
            return 1
    return None
