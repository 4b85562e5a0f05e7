"""What a program looks like beyond whether it is right. It is parsed and never run."""

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_CHARACTERS = 20_000
"""Longer programs are not parsed: deep ones could take the parser's whole stack."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_DECISIONS = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler)


@dataclass(frozen=True, slots=True)
class CodeQuality:
    """What stands in a program, without functions and classes that it defines again."""

    docstring: bool
    """Whether a function, a class or the program itself has a docstring."""
    type_hints: bool
    """Whether a parameter or the value of a function has a type."""
    input_checks: bool
    """Whether a function that is no test raises in an `if`, or asserts, on one of its
    parameters."""
    tests: bool
    """Whether it has a function `test...` or `check` that asserts, a class of unittest, an
    assertion outside functions, or runs its doctests. Examples in docstrings are none."""
    complexity: int
    """The largest cyclomatic complexity of a function, or of the code outside functions: 1, and 1
    more for each `if`, `elif`, conditional expression, `for`, `while`, `except`, `case` other than
    one that takes all, `for` and `if` of a comprehension, and each further part of `and`, `or`."""
    lines: int
    """Lines that are neither blank nor only a comment."""


def code_quality(program: str) -> CodeQuality | None:
    """Look at a Python program; None if it is no Python, nested too deeply, or too long."""
    tree = _parsed(program)
    if tree is None:
        return None
    dropped = _drop_replaced(tree)
    functions = [node for node in ast.walk(tree) if isinstance(node, _Function)]
    units: list[ast.AST] = [tree, *functions]
    return CodeQuality(
        docstring=any(map(_is_documented, ast.walk(tree))),
        type_hints=any(map(_is_typed, functions)),
        input_checks=any(_checks_input(each) for each in functions if not _is_test(each)),
        tests=any(map(_is_test, functions))
        or any(map(_tests_outside_functions, ast.walk(tree)))
        or any(isinstance(node, ast.Assert) for node in _own(tree)),
        complexity=max(1 + sum(map(_decisions, _own(unit))) for unit in units),
        lines=sum(
            _is_code(line)
            for number, line in enumerate(program.split("\n"), start=1)
            if number not in dropped
        ),
    )


def _parsed(program: str) -> ast.Module | None:
    if len(program) > _MOST_CHARACTERS:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Such as of "\d" in a text.
            return ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _drop_replaced(tree: ast.Module) -> set[int]:
    """Drop definitions that a later one of the same name replaces; return their lines.

    So is the unfinished function of the question, which stands before the answer's own.
    """
    definitions = [n for n in tree.body if isinstance(n, ast.ClassDef | _Function)]
    last = {node.name: node for node in definitions}
    replaced = [node for node in definitions if last[node.name] is not node]
    tree.body = [node for node in tree.body if node not in replaced]
    starts = [min([n.lineno, *(d.lineno for d in n.decorator_list)]) for n in replaced]
    return {
        line
        for start, node in zip(starts, replaced, strict=True)
        for line in range(start, (node.end_lineno or start) + 1)
    }


def _own(unit: ast.AST) -> Iterator[ast.AST]:
    """Go through what belongs to a function or module, without the functions in it."""
    waiting = list(ast.iter_child_nodes(unit))
    while waiting:
        node = waiting.pop()
        if not isinstance(node, _Function):
            yield node
            waiting.extend(ast.iter_child_nodes(node))


def _decisions(node: ast.AST) -> int:
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    if isinstance(node, ast.match_case):
        takes_all = isinstance(node.pattern, ast.MatchAs) and node.pattern.pattern is None
        return node.guard is not None or not takes_all
    return isinstance(node, _DECISIONS)


def _is_documented(node: ast.AST) -> bool:
    if isinstance(node, ast.Module | ast.ClassDef | _Function):
        return bool(ast.get_docstring(node))
    return False


def _parameters(function: _Function) -> list[ast.arg]:
    given = function.args
    further = [arg for arg in (given.vararg, given.kwarg) if arg is not None]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *further]


def _is_typed(function: _Function) -> bool:
    annotated = any(parameter.annotation is not None for parameter in _parameters(function))
    return annotated or function.returns is not None


def _checks_input(function: _Function) -> bool:
    names = {parameter.arg for parameter in _parameters(function)} - {"self", "cls"}
    return any(
        isinstance(part, ast.Name) and part.id in names
        for node in _own(function)
        if isinstance(node, ast.Assert) or (isinstance(node, ast.If) and _raises(node))
        for part in ast.walk(node.test)
    )


def _raises(node: ast.If) -> bool:
    return any(isinstance(statement, ast.Raise) for statement in node.body)


def _is_test(function: _Function) -> bool:
    named = function.name.startswith("test") or function.name == "check"
    return named and any(isinstance(node, ast.Assert) for node in _own(function))


def _tests_outside_functions(node: ast.AST) -> bool:
    if isinstance(node, ast.ClassDef):
        return any(_last_name(base) == "TestCase" for base in node.bases)
    return isinstance(node, ast.Call) and _last_name(node.func) == "testmod"


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_code(line: str) -> bool:
    text = line.strip()
    return bool(text) and not text.startswith("#")
