"""Tables as Markdown, LaTeX and CSV; names in them are anybody's, so each form escapes them."""

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

from ptr_eval.report.tables.table import Cell, Table, TableRow

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "±": r"$\pm$", "–": "--", "−": "$-$",
}  # fmt: skip
_MARKDOWN = re.compile(r"([\\`*_\[\]|~])")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PUBLISHED = "published"


def to_markdown(table: Table) -> str:
    """Write a table as Markdown."""
    body = [
        [f"**{_marked(cell)}**" if cell.best and cell.text else _marked(cell) for cell in row.cells]
        for row in table.rows
    ]
    for row, cells in zip(table.rows, body, strict=True):
        if row.published:
            cells[0] += " (published)"
    head = [escape_markdown(column) for column in table.columns]
    lines = [f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *body]]
    parts = [f"### {escape_markdown(table.title)}", "\n".join(lines)]
    return "\n\n".join([*parts, escape_markdown(table.note)] if table.note else parts)


def to_latex(table: Table) -> str:
    """Write a table as LaTeX, for the package booktabs."""
    rows = [_latex_row(row) for row in table.rows]
    notes = [_latex(table.note)] if table.note else []
    if any(row.published for row in table.rows):
        notes.append(r"$^\dagger$ As published.")
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_latex(table.title)}}}",
            rf"\begin{{tabular}}{{{_alignment(table)}}}",
            r"\toprule",
            " & ".join(map(_latex, table.columns)) + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            *(rf"\par\smallskip\footnotesize {note}" for note in notes),
            r"\end{table}",
        ]
    )


def to_csv(table: Table) -> str:
    """Write a table as CSV, numbers at full precision."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*map(_inert, table.columns), _PUBLISHED])
    for row in table.rows:
        writer.writerow([*map(_csv_cell, row.cells), "yes" if row.published else "no"])
    return out.getvalue()


def write_table(table: Table, folder: Path) -> list[Path]:
    """Write a table in all forms."""
    texts = {"md": to_markdown(table) + "\n", "tex": to_latex(table) + "\n", "csv": to_csv(table)}
    paths = [folder / f"{table.name}.{suffix}" for suffix in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def escape_markdown(text: str) -> str:
    """Make text mean itself in Markdown, in a table's cell too."""
    plain = _UNSEEN.sub(" ", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(r"\\\1", plain)


def _marked(cell: Cell) -> str:
    return escape_markdown(cell.text)


def _latex_row(row: TableRow) -> str:
    cells = [rf"\textbf{{{_latex(c.text)}}}" if c.best else _latex(c.text) for c in row.cells]
    if row.published:
        cells[0] += r"$^\dagger$"
    return " & ".join(cells) + r" \\"


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in _UNSEEN.sub(" ", text))


def _alignment(table: Table) -> str:
    """Align columns of numbers to the right."""
    columns: Iterable[tuple[Cell, ...]] = zip(*(row.cells for row in table.rows), strict=True)
    sides = ["r" if any(c.value is not None for c in column) else "l" for column in columns]
    return "".join(sides) or "l" * len(table.columns)


def _csv_cell(cell: Cell) -> str:
    return _inert(cell.text) if cell.value is None else repr(float(cell.value))


def _inert(text: str) -> str:
    """Keep spreadsheets from taking a name for a formula."""
    plain = _UNSEEN.sub(" ", text)
    return f"'{plain}" if plain.startswith(("=", "+", "-", "@")) and len(plain) > 1 else plain
