"""Count what a reader must read: files, functions, docstrings."""

import ast
import statistics
import sys
from pathlib import Path


def main(folders: list[str]) -> None:
    sizes, docs, functions = [], 0, []
    for folder in folders:
        for path in Path(folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            sizes.append((len(text.splitlines()), str(path)))
            for node in ast.walk(ast.parse(text)):
                if isinstance(
                    node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
                ):
                    first = node.body[0] if node.body else None
                    if (
                        isinstance(first, ast.Expr)
                        and isinstance(first.value, ast.Constant)
                        and isinstance(first.value.value, str)
                    ):
                        docs += first.end_lineno - first.lineno + 1
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    functions.append((node.end_lineno - node.lineno + 1, f"{path}:{node.name}"))
    print(
        "files",
        len(sizes),
        "lines",
        sum(s for s, _ in sizes),
        "median",
        statistics.median(s for s, _ in sizes),
    )
    print("largest", sorted(sizes)[-5:])
    print("longest functions", sorted(functions)[-4:])
    print("docstring lines", docs)


main(sys.argv[1:])
