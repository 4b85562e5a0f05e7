"""Move modules and rewrite every mention of them: python scripts/move.py MOVES.txt

A line of MOVES.txt is `old/path new/path`: Python files, folders, or other files. Dotted names and
paths are rewritten in all tracked text files; `from package import module` is handled as well.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

TEXT = (".py", ".yaml", ".yml", ".toml", ".md", ".sh", ".json", ".html", ".js", ".cfg", "")
SKIP = ("tests/frozen/format2/",)


def tracked() -> list[Path]:
    out = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout
    return [Path(line) for line in out.splitlines() if Path(line).suffix in TEXT]


def expand(moves: list[tuple[str, str]]) -> dict[str, str]:
    """Give every file its own move; folders are spelled out."""
    files = subprocess.run(["git", "ls-files"], capture_output=True, text=True).stdout.splitlines()
    found: dict[str, str] = {}
    for old, new in moves:
        if old in files:
            found[old] = new
            continue
        inside = [file for file in files if file.startswith(f"{old}/")]
        if not inside:
            raise SystemExit(f"{old}: nothing there")
        for file in inside:
            found.setdefault(file, f"{new}/{file.removeprefix(old + '/')}")
    return found


def dotted(path: str) -> str:
    name = path.removesuffix(".py").replace("/", ".")
    return name.removesuffix(".__init__")


def main(listing: str) -> None:
    lines = Path(listing).read_text().splitlines()
    moves = [tuple(line.split()) for line in lines if line.strip() and not line.startswith("#")]
    files = expand(moves)  # type: ignore[arg-type]
    names = {dotted(o): dotted(n) for o, n in files.items() if o.endswith(".py")}
    # Folders moved whole also carry their bare names.
    names |= {o.replace("/", "."): n.replace("/", ".") for o, n in moves if "." not in Path(o).name}
    names = {o: n for o, n in names.items() if o != n}
    paths = {o: n for o, n in files.items() if o != n} | {
        o: n for o, n in moves if "." not in Path(o).name
    }
    by_dots = re.compile(
        r"(?<![\w.])(" + "|".join(map(re.escape, sorted(names, key=len, reverse=True))) + r")(?!\w)"
    )
    by_path = re.compile(
        r"(?<![\w/])("
        + "|".join(map(re.escape, sorted(paths, key=len, reverse=True)))
        + r")(?![\w])"
    )
    renamed_imports = []
    for file in tracked():
        if str(file).startswith(SKIP) or str(file).startswith("scripts/"):
            continue
        try:
            before = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        after = before
        if file.suffix == ".py":
            after, notes = rewrite_imports(after, names)
            renamed_imports += [f"{file}: {note}" for note in notes]
        after = by_dots.sub(lambda m: names[m[1]], after)
        after = by_path.sub(lambda m: paths[m[1]], after)
        if after != before:
            file.write_text(after, encoding="utf-8")
    stage = [(o, f"{o}.moving") for o, n in files.items() if o != n]
    for old, waiting in stage:
        subprocess.run(["git", "mv", old, waiting], check=True)
    for old, waiting in stage:
        Path(files[old]).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "mv", waiting, files[old]], check=True)
    print("\n".join(renamed_imports))


def rewrite_imports(text: str, names: dict[str, str]) -> tuple[str, list[str]]:
    """Rewrite `from package import module` where the module moves away from its package."""
    lines, notes = text.splitlines(keepends=True), []
    for node in sorted(ast.walk(ast.parse(text)), key=lambda n: -getattr(n, "lineno", 0)):
        if not isinstance(node, ast.ImportFrom) or node.level or node.module is None:
            continue
        moved = [a for a in node.names if f"{node.module}.{a.name}" in names]
        if not moved:
            continue
        indent = re.match(r"\s*", lines[node.lineno - 1])[0]  # type: ignore[index]
        kept = [a for a in node.names if a not in moved]
        new = []
        if kept:
            listed = ", ".join(a.name + (f" as {a.asname}" if a.asname else "") for a in kept)
            new.append(f"{indent}from {node.module} import {listed}\n")
        for alias in moved:
            target = names[f"{node.module}.{alias.name}"]
            package, _, name = target.rpartition(".")
            called = alias.asname or alias.name
            # A placeholder keeps the later rewriting of dotted names away from the new package.
            shown = name if name == called else f"{name} as {called}"
            new.append(f"{indent}from {package} import {shown}\n")
            if name != called:
                notes.append(f"line {node.lineno}: {target} is still called {called}")
        lines[node.lineno - 1 : node.end_lineno] = new
    return "".join(lines), notes


if __name__ == "__main__":
    main(sys.argv[1])
