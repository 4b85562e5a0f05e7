"""Shorten docstrings: python scripts/shorten_docstrings.py FOLDER...

Public names keep their contracts: what a package's `__init__` lists in `__all__`. Everywhere else
the sections Args, Returns, Raises and Yields go. A field's meaning moves below the field.
"""

import ast
import re
import sys
import textwrap
from pathlib import Path

SECTION = re.compile(r"^(Args|Returns|Raises|Yields|Attributes|Example|Examples|Note):\s*$")
GONE = ("Args", "Returns", "Raises", "Yields")
WIDTH = 100


def public_names(root: Path) -> set[str]:
    names: set[str] = set()
    for init in root.rglob("__init__.py"):
        for node in ast.parse(init.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
                names |= set(ast.literal_eval(node.value))
    return names


def sections(doc: str) -> list[tuple[str, list[str]]]:
    """Divide a cleaned docstring into its text and its sections."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    for line in doc.splitlines():
        found = SECTION.match(line)
        if found:
            parts.append((found[1], []))
        else:
            parts[-1][1].append(line)
    return parts


def entries(lines: list[str]) -> dict[str, str]:
    """Read an Attributes section."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in textwrap.dedent("\n".join(lines)).splitlines():
        start = re.match(r"^(\w+): (.*)$", line)
        if start:
            name = start[1]
            found[name] = [start[2]]
        elif name and line.strip():
            found[name].append(line.strip())
    return {name: " ".join(words) for name, words in found.items()}


def quoted(text: str, indent: str, raw: bool) -> list[str]:
    quotes = 'r"""' if raw or "\\" in text else '"""'
    if len(indent) + len(quotes) + len(text) + 3 <= WIDTH and "\n" not in text:
        return [f'{indent}{quotes}{text}"""']
    if "\n" not in text:
        lines = textwrap.wrap(text, WIDTH - len(indent) - 4, break_long_words=False)
        if len(lines) <= 1:
            lines = [text]
        wrapped = [f"{indent}{quotes}{lines[0]}", *(f"{indent}{line}" for line in lines[1:])]
        if len(wrapped[-1]) + 3 <= WIDTH:
            wrapped[-1] += '"""'
        else:
            wrapped.append(f'{indent}"""')
        return wrapped
    lines = text.splitlines()
    body = [f"{indent}{line}".rstrip() for line in lines[1:]]
    return [f"{indent}{quotes}{lines[0]}", *body, f'{indent}"""']


def shorten(path: Path, public: set[str]) -> None:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    lines = source.splitlines()
    edits: list[tuple[int, int, list[str]]] = []

    def docstring(node: ast.AST) -> ast.Expr | None:
        body = getattr(node, "body", [])
        first = body[0] if body else None
        good = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        return first if good and isinstance(first.value.value, str) else None

    def visit(node: ast.AST, is_public: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                named = is_public and child.name in public
                clean_class(child, named)
                visit(child, named)
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                inside = isinstance(node, ast.ClassDef)
                named = is_public and (
                    not child.name.startswith("_") if inside else child.name in public
                )
                if not named:
                    clean_function(child)
                visit(child, False)
            else:
                visit(child, is_public)

    def clean_function(node: ast.AST) -> None:
        found = docstring(node)
        if found is None:
            return
        doc = ast.get_docstring(node, clean=True) or ""  # type: ignore[arg-type]
        parts = sections(doc)
        if not any(name in GONE for name, _ in parts):
            return
        kept = "\n".join(parts[0][1]).strip()
        for name, body in parts[1:]:
            if name not in GONE:
                kept += f"\n\n{name}:\n" + "\n".join(body).rstrip()
        replace(found, kept)

    def clean_class(node: ast.ClassDef, named: bool) -> None:
        found = docstring(node)
        if found is None or "TypedDict" in [getattr(b, "id", "") for b in node.bases]:
            return
        parts = sections(ast.get_docstring(node, clean=True) or "")
        fields = {
            item.target.id: item
            for item in node.body
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        }
        kept = "\n".join(parts[0][1]).strip()
        changed = False
        for name, body in parts[1:]:
            if name == "Attributes":
                told = entries(body)
                if told and set(told) <= set(fields):
                    for field, text in told.items():
                        item = fields[field]
                        indent = " " * item.col_offset
                        after = item.end_lineno or item.lineno
                        edits.append((after, after, quoted(text, indent, False)))
                    changed = True
                    continue
            if name in GONE and not named:
                changed = True
                continue
            kept += f"\n\n{name}:\n" + "\n".join(body).rstrip()
        if changed:
            replace(found, kept)

    def replace(found: ast.Expr, text: str) -> None:
        indent = " " * found.col_offset
        raw = lines[found.lineno - 1].lstrip().startswith("r")
        edits.append(
            (found.lineno - 1, found.end_lineno or found.lineno, quoted(text, indent, raw))
        )

    visit(tree, True)
    for start, end, new in sorted(edits, key=lambda edit: -edit[0]):
        lines[start:end] = new
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(folders: list[str]) -> None:
    for folder in folders:
        public = public_names(Path(folder))
        for path in sorted(Path(folder).rglob("*.py")):
            shorten(path, public)


if __name__ == "__main__":
    main(sys.argv[1:])
