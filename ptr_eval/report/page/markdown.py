"""The report as Markdown, its plots beside it: for reading where no browser is."""

from collections.abc import Sequence
from pathlib import Path

from ptr_eval.report.page.view_model import Section
from ptr_eval.report.tables.formats import escape_markdown, to_markdown


def write_markdown(path: Path, title: str, sections: Sequence[Section]) -> None:
    """Write a report's sections."""
    parts = [f"# {escape_markdown(title)}"]
    for section in sections:
        parts.append(f"## {escape_markdown(section.title)}")
        if section.paragraphs:
            parts.append("\n".join(f"- {escape_markdown(text)}" for text in section.paragraphs))
        parts += [
            f"![{escape_markdown(picture.caption)}](plots/{picture.name}.png)"
            for picture in section.pictures
        ]
        parts += [to_markdown(table) for table in section.tables]
    text = "\n\n".join(parts)
    path.write_text(f"{text}\n", encoding="utf-8", errors="replace")
