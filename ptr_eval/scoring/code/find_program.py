"""Finds the program in what a model wrote.

A response may be the continuation of the prompt, a whole program, or prose around blocks of code.
What compiles is taken unchanged. Text is repaired, shortened or indented only where nothing
compiles without that. Nothing is executed here.
"""

import ast
import re
import textwrap
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from ptr_eval.scoring.code.blocks import (
    Block,
    code_runs,
    fenced_blocks,
    indented_runs,
    is_stub,
    is_superseded,
)
from ptr_eval.scoring.code.wrappings import (
    inline_code,
    is_escaped,
    repaired_texts,
    with_plain_fences,
    without_header,
)
from ptr_eval.scoring.json_field import embedded_json_value, json_value

# Longer text is not repaired: it is no solution to anything, and compiling nested functions takes
# time that grows with the square of their length, up to 0.3 s for this length.
_MOST_CHARACTERS = 10_000
_MOST_WORK = 2 * _MOST_CHARACTERS**2
_MOST_CUTS = 8
_MOST_BLOCKS = 20  # that are read, from the end
_MOST_TRIED = 3
_WORD = re.compile(r"\w+")
_CODE_STARTS = re.compile(r"^(?:import |from |def |class |@|async def )", re.MULTILINE)
_CODE_FIELD = re.compile(r"code|program|solution|answer|completion|implementation|function|body")
_EARLIER_FIELD = re.compile(r"previous|original|old|earlier|before|initial|wrong|incorrect")
_ESCAPED_NAMES = frozenset({"lt", "gt", "amp", "quot"})


@dataclass(frozen=True, slots=True)
class _Task:
    """The function to define."""

    prompt: str
    name: str

    def is_defined_in(self, text: str) -> bool:
        name = re.escape(self.name)
        pattern = rf"^(?:async )?def {name}\b|^{name} *(?::[^=\n]{{1,200}})?=(?!=)"
        return re.search(pattern, text, re.MULTILINE) is not None


def extract_program(response: str, *, prompt: str, entry_point: str) -> str:
    r"""Find the program in a response.

    The prompt comes first, so that its imports and helpers are defined; a definition in the
    response then replaces the prompt's unfinished one. Of several fenced blocks, the last one that
    defines the function is used, but for one that the response shows as an earlier or a wrong
    version.

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
    task = _Task(prompt, entry_point)
    response = without_header(response)
    response = _out_of_json(response, task) or response
    blocks = fenced_blocks(response)[-_MOST_BLOCKS:]
    tried, work = set[str](), 0
    for program in _possible_programs(response, blocks, task):
        if program in tried:
            continue
        if first_error_line(program) is None and not _uses_escaped_names(program):
            return program
        tried.add(program)
        work += len(program) ** 2 if len(program) <= _MOST_CHARACTERS else 0
        if work > _MOST_WORK:
            break
    ranked = _Ranked.of(blocks, task)
    likeliest = (*ranked.current, *ranked.superseded, *ranked.others)
    return prompt + next((block.text for block in likeliest), response)


def _out_of_json(response: str, task: _Task) -> str | None:
    """Return the code that is a field of a JSON object, if that is how it was written."""

    def defines(name: str, text: str) -> bool:
        return task.is_defined_in(text) and not _EARLIER_FIELD.search(name.lower())

    def is_code(name: str, text: str) -> bool:
        return bool(_CODE_FIELD.search(name.lower())) and not _EARLIER_FIELD.search(name.lower())

    return (
        json_value(response, defines)
        or json_value(response, is_code)
        or (None if task.is_defined_in(response) else embedded_json_value(response, defines))
    )


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Blocks by what they are good for, in each list the likeliest first."""

    current: list[Block]
    """They define the function."""
    superseded: list[Block]
    """They define it, but are shown as an earlier or a wrong version."""
    others: list[Block]
    """They may continue the prompt."""
    stubs: list[Block]
    """They define it without a body."""

    @classmethod
    def of(cls, blocks: Iterable[Block], task: _Task) -> "_Ranked":
        ranked = cls([], [], [], [])
        for block in reversed(list(blocks)):
            block = _defining(block, task)
            if not task.is_defined_in(block.text):
                ranked.others.append(block)
            elif first_error_line(block.text) is None and is_stub(block.text, task.name):
                ranked.stubs.append(block)
            else:
                (ranked.superseded if is_superseded(block) else ranked.current).append(block)
        return cls(*(getattr(ranked, name)[:_MOST_TRIED] for name in cls.__slots__))


def _defining(block: Block, task: _Task) -> Block:
    """Return a block that defines the function only without its wrappings, without them."""
    if task.is_defined_in(block.text) or len(block.text) > _MOST_CHARACTERS:
        return block
    repaired = repaired_texts(block.text, task.is_defined_in)
    return next((Block(t, block.before) for t in repaired if task.is_defined_in(t)), block)


def _possible_programs(response: str, blocks: list[Block], task: _Task) -> Iterator[str]:
    """Yield what the program may be, the most likely first."""
    yield from _ways_to_read(response, task)
    ranked = _Ranked.of(blocks, task)
    plain = _differently_marked(response, blocks, task)
    current = _by_turns(ranked.current, plain.current)
    for block in current:
        yield from _programs_of(block, blocks, task)
    for block in current:
        yield from _shortened(block.text, task)
    fenced = ranked.current or ranked.superseded or ranked.stubs
    if not fenced and task.is_defined_in(response):
        yield from _shortened(response, task)
    # A version that is shown as superseded does not stand in for a current one that is broken.
    superseded = [] if current else _by_turns(ranked.superseded, plain.superseded)
    for block in (*superseded, *plain.others, *ranked.others):
        yield from _programs_of(block, blocks, task)
    for block in (*superseded, *ranked.others, *ranked.stubs, *plain.stubs):
        yield from _shortened(block.text, task)
    if not current:
        yield from _shortened(response, task)


def _by_turns(fenced: list[Block], plain: list[Block]) -> list[Block]:
    """Merge two rankings of the same response; the one that knows more blocks goes first."""
    lists = (plain, fenced) if len(plain) > len(fenced) else (fenced, plain)
    return [block for pair in zip_longest(*lists) for block in pair if block is not None]


def _differently_marked(response: str, blocks: list[Block], task: _Task) -> _Ranked:
    """Rank the blocks that are marked as code by something else than fences of their own lines."""
    plain = with_plain_fences(response)
    found = fenced_blocks(plain) if plain != response else []
    if not blocks and not found:
        runs = code_runs(plain)
        several = sum(task.is_defined_in(run.text) for run in runs) > (plain == response)
        found = runs if several else []
        found = found or indented_runs(response)
    marked = [Block(text) for text in inline_code(response) if task.is_defined_in(text)]
    return _Ranked.of([*marked, *found][-_MOST_BLOCKS:], task)


def _programs_of(block: Block, blocks: list[Block], task: _Task) -> Iterator[str]:
    """Yield a block as a program, as it is and with its wrappings taken off."""
    texts = [block.text]
    if len(block.text) <= _MOST_CHARACTERS:
        texts += repaired_texts(block.text, task.is_defined_in)
    for text in texts:
        for program in _ways_to_read(text, task):
            yield _with_helpers(program, block.text, [other.text for other in blocks])


def _ways_to_read(text: str, task: _Task) -> Iterator[str]:
    """Yield what an unchanged text may be: a whole program, or the prompt continued."""
    if task.is_defined_in(text):
        if task.prompt.strip() and first_error_line(task.prompt) is None:
            yield f"{task.prompt}\n{text}"
        yield text
    else:
        yield task.prompt + text


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


def _uses_escaped_names(program: str) -> bool:
    """Whether "&lt;" made it into a program that compiles, as in `a &lt; b`."""
    if not is_escaped(program):
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nodes = ast.walk(ast.parse(program))
    return any(isinstance(node, ast.Name) and node.id in _ESCAPED_NAMES for node in nodes)


def _shortened(text: str, task: _Task) -> Iterator[str]:
    """Yield a text, as it is and with its wrappings taken off, shortened to where code ends."""
    if len(text) > _MOST_CHARACTERS:
        return
    yield from _indented_or_shortened(text, task)
    repaired = [*repaired_texts(text, task.is_defined_in)][-1:]
    for text in repaired:
        yield from _indented_or_shortened(text, task)


def _indented_or_shortened(text: str, task: _Task) -> Iterator[str]:
    """Yield a text with its indentation restored, or shortened to where code ends."""
    start = _CODE_STARTS.search(text)
    if not task.is_defined_in(text):
        yield f"{task.prompt}    {text.lstrip(' ')}"
        yield task.prompt + textwrap.indent(text, "    ")
    elif start is not None:
        text = text[start.start() :]
    defines = task.is_defined_in(text)
    for program in _ways_to_read(text, task):
        yield program
        for shorter in _shortened_programs(program, least=len(task.prompt)):
            if not defines or task.is_defined_in(shorter.removeprefix(task.prompt)):
                yield shorter


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
