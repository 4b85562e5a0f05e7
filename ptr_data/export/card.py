"""The dataset card: README.md with the hub's header, and what a reader must know to judge the data.

Names, texts and reasons in a report may hold anything; they are written so that they stay text.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from ptr_data.export.card_sections import CardSection
from ptr_data.export.files import SPLITS, ExportedFile
from ptr_data.export.markdown import escaped
from ptr_data.export.report import DataReport
from ptr_data.export.visible import on_one_line
from ptr_data.files import written

CARD = "README.md"
_CONFIGS = {
    "default": "data", "prompt_completion": "prompt_completion", "ift": "ift", "dpo": "dpo",
}  # fmt: skip
_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"),
          (10**7, "1M<n<10M"), (10**8, "10M<n<100M"))  # fmt: skip


def save_card(folder: Path, text: str) -> None:
    """Put a card where the hub looks for it."""
    with written(folder / CARD) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def page(head: str, name: str, content: Iterable[CardSection]) -> str:
    """Put a card together."""
    parts = [f"---\n{head}---", f"# {escaped(name)}"]
    for title, body in content:
        parts += [f"## {title}" if title else "", *body]
    return "\n\n".join(part for part in parts if part) + "\n"


def header(
    report: DataReport,
    files: Sequence[ExportedFile],
    method: str = "progressive-thought-refinement",
) -> str:
    """Word the header that the hub reads."""
    rows = {file.path: file.rows for file in files}
    licences = sorted({on_one_line(found.licence) for found in report.licences}) or ["unknown"]
    total = sum(rows.get(f"data/{split}.parquet", 0) for split in SPLITS)
    content = {
        "pretty_name": on_one_line(report.name),
        "license": licences[0] if len(licences) == 1 else licences,
        "language": [on_one_line(language) for language in report.languages],
        "task_categories": ["text-generation"],
        "tags": ["self-refinement", method, "synthetic"],
        "size_categories": [_size(total)],
        "configs": list(_configs(rows)),
    }
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=False, width=1000)
    return text


def _configs(rows: Mapping[str, int]) -> Iterator[dict[str, object]]:
    for name, set_ in _CONFIGS.items():
        files = [
            {"split": split, "path": path}
            for split in SPLITS
            if rows.get(path := f"{set_}/{split}.parquet")
        ]
        if files:
            yield {"config_name": name, "data_files": files}


def _size(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), "n>1T")
