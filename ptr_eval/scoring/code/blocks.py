"""Finds the blocks of code in a response, and says which ones it quotes as superseded."""

import ast
import re
import textwrap
import warnings
from dataclasses import dataclass

_FENCE = re.compile(r"^ {0,12}(`{3,}|~{3,})(.*)$", re.MULTILINE)
_INDENTED = re.compile(r"\s*^[ \t]+(?:import |from |def |class |@|async def )", re.MULTILINE)
_STARTS_CODE = re.compile(r"(?:import |from \w|def \w|class \w|@\w|async def )")
_LINES_BEFORE = 12
_LONGEST_LINE = 400
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")

_HEADER = re.compile(r"\s{0,9}(?:python3?|py|[\w/-]{1,40}\.py)[ \t]*\n")

_ADJECTIVE = (
    "(?:previous|prior|earlier|original|old|older|former|initial|first|round (?:1|one)|(?:my|your)"
    " last|incorrect|wrong|buggy|broken|faulty|flawed|bad|failing|rejected|superseded|outdated)"
)
_NOUN = (
    "(?:version|code|attempt|solution|answer|implementation|function|definition|program|draft|try"
    "|approach|snippet|response|round|one|way)s?"
)
# What a label says that shows a superseded version; it is in small letters, without marks.
_SUPERSEDED = re.compile(
    rf"\b{_ADJECTIVE}(?: \w+){{0,2}} {_NOUN}(?: (?:was|is|had|read|looked)\b.{{0,40}}|(?: \w+){{0,4}})$"
    rf"|^(?:the |your |my )?{_ADJECTIVE}$|\b{_NOUN}(?: \d+)? {_ADJECTIVE}$|^round (?:1|one)$"
    rf"|\b(?:my|your|the) (?:\w+ ){{0,2}}{_NOUN} was$|\b{_NOUN} with (?:the|a|my) (?:bug|mistake|error)$"
    r"|^(?:before|previously|originally|earlier|initially)$|\bbefore,? it was$"
    r"|\b(?:previously|originally|earlier|initially|before|at first),? (?:i|you|we) (?:had|wrote|gave)"
    r"|\bwhat (?:i|you|we) (?:had|wrote|gave)|\b(?:i|you|we) (?:had|wrote|gave)(?: \w+)?"
    r" (?:previously|originally|earlier|initially|before|at first)$"
    r"|\bmistake (?:is|was|would be)\b|^(?:do not|don't|never) (?:write|use|do|code)\b"
    r"|^(?:this|it|the following)(?: version| code| one)? (?:is|was) (?:wrong|incorrect|buggy)$"
    r"|\b(?:instead of|in place of|rather than|replaces|from)$"
    r"|[❌✗👎]"
)
_ONLY_MENTIONED = re.compile(
    r"^(?:i|we|let me|after|upon|on|having|given|considering) (?!had|wrote|gave|changed)"
    r"|\b(?:based|building|unlike|than|as|over|of|extends|keep|stand|repeat|confirm|same|above)\b"
)
_CURRENT = re.compile(
    r"\b(?:correct|corrected|correction|fixed|fixes|new|newer|revised|revision|updated|update"
    r"|refined|refinement|improved|improvement|improves|now|final|rewritten|rewrite|optimi[sz]ed"
    r"|better|becomes|after|modified|working|cleaner|simplified|second|enhanced|adjusted|amended"
    r"|without|same|unchanged|fix (?:for|of|to))\b|[✅✓👍]"
)


_BEFORE_CHANGE = re.compile(
    r"\bbefore (?:the |my |this )?(?:fix|change|correction|refactor|edit)(?:ing)?$"
)


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
        said = _shows_superseded(text)
        if said is not None:
            return said
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


def _shows_superseded(text: str) -> bool | None:
    """Whether a text introduces a superseded version; None if it says nothing of versions."""
    plain = re.sub(r"<[^>]{1,20}>|[*_`#()>\[\]]", "", text.lower().replace("\u2019", "'")).strip()
    label, states = plain.rstrip(":,- "), plain.endswith((".", "!", "?"))
    if not states and _BEFORE_CHANGE.search(label):
        return True
    if _CURRENT.search(label):
        return False
    if states or _ONLY_MENTIONED.search(label):
        return None
    return True if _SUPERSEDED.search(label) else None


def _is_empty(statement: ast.stmt) -> bool:
    """Whether a statement does nothing: a docstring, `pass`, `...`, a `NotImplementedError`."""
    if isinstance(statement, ast.Raise):
        return "NotImplemented" in ast.dump(statement)
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass)
