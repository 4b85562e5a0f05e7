"""What a package lists in `__all__` is documented in full, and nothing is too long to be read."""

import ast
import importlib
import inspect
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("ptr_eval", "ptr_data", "ptr_train")


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def public() -> Iterator[tuple[str, Any]]:
    """Functions and classes that a package's `__init__` lists."""
    for path in sources():
        if path.name == "__init__.py" and "__all__" in path.read_text(encoding="utf-8"):
            name = path.parent.relative_to(ROOT).as_posix().replace("/", ".")
            module = importlib.import_module(name)
            for listed in module.__all__:
                part = getattr(module, listed)
                if (inspect.isfunction(part) or inspect.isclass(part)) and part.__module__[
                    :4
                ] == "ptr_":
                    yield f"{name}.{listed}", part


@pytest.mark.parametrize(
    ("name", "part"), [pytest.param(name, part, id=name) for name, part in public()]
)
def test_a_public_name_is_documented(name: str, part: Any) -> None:
    text = inspect.getdoc(part) or ""
    assert text, name
    if inspect.isfunction(part):
        parameters = [p for p in inspect.signature(part).parameters if p != "self"]
        assert not parameters or "Args:" in text, name
        assert [p for p in parameters if f"{p}:" not in text.replace("*", "")] == [], name


def test_no_file_or_function_is_too_long_to_be_read() -> None:
    lengths, longest, documented = [], 0, 0
    for path in sources():
        text = path.read_text(encoding="utf-8")
        lengths.append(len(text.splitlines()))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                longest = max(longest, (node.end_lineno or 0) - node.lineno + 1)
            kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
            if isinstance(node, kinds) and (doc := ast.get_docstring(node, clean=False)):
                documented += len(doc.splitlines())
    assert max(lengths) <= 400
    assert statistics.median(lengths) <= 110
    assert longest <= 80
    assert documented <= 0.13 * sum(lengths)
