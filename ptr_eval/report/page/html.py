"""The report as one HTML file that works offline, from anywhere, for good.

Everything is inside: style, script, plots, and the single answers in packed blocks. A content
security policy forbids the page to load anything and to run any script but its own, so what
models wrote stays text whatever it says.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ptr_eval.report.page.packed_items import Index, blocks
from ptr_eval.report.page.view_model import ItemView, Section
from ptr_eval.report.tables.table import Table

FILTER_ROWS = 8
"""Tables with more rows than this get a field to filter them."""

_PAGE = Path(__file__).parent / "web"
_SCRIPTS = (
    "text.js", "theme.js", "tables.js", "blocks.js", "index.js", "diff.js", "list.js",
    "item.js", "answers.js",
)  # fmt: skip
_BIDI = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
# What cannot be seen or would turn its neighbours around is named instead.
_VISIBLE: dict[int, int | str] = {
    **{code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n\r"},
    0x7F: 0x2421,
    **dict.fromkeys(range(0xD800, 0xE000), 0xFFFD),
    **{code: f"[U+{code:04X}]" for code in _BIDI},
}


def write_html(
    path: Path,
    *,
    title: str,
    sections: Sequence[Section],
    items: Iterable[ItemView],
    left_out: int,
) -> None:
    """Write a report; an existing file is replaced once the new one is whole."""
    index = Index()
    pieces = _template().generate(
        title=title,
        sections=sections,
        style=_style(),
        script=_script(),
        policy=_policy(),
        blocks=blocks(items, index),
        index=lambda: index.packed(left_out),
    )
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(_PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["data_uri"] = _data_uri
    environment.filters["numeric_columns"] = _numeric_columns
    environment.globals["filter_rows"] = FILTER_ROWS
    return environment.get_template("page.html")


def _visible(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Markup):
        return value.translate(_VISIBLE)
    return value


def _data_uri(svg: str) -> str:
    letters = base64.b64encode(svg.encode("utf-8", "replace")).decode("ascii")
    return f"data:image/svg+xml;base64,{letters}"


def _numeric_columns(table: Table) -> list[bool]:
    columns = zip(*(row.cells for row in table.rows), strict=True)
    found = [any(cell.value is not None for cell in column) for column in columns]
    return found or [False] * len(table.columns)


def _style() -> Markup:
    return Markup((_PAGE / "style.css").read_text(encoding="utf-8"))


def _script() -> Markup:
    return Markup("\n".join((_PAGE / name).read_text(encoding="utf-8") for name in _SCRIPTS))


def _policy() -> str:
    return "; ".join(
        (
            "default-src 'none'",
            "img-src data:",
            f"style-src {_hash(_style())}",
            f"script-src {_hash(_script())}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(code: str) -> str:
    digest = hashlib.sha256(code.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
