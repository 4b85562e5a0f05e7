"""Data sets that `save_to_disk` of the library datasets wrote: a folder, with splits or without."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from ptr_data.sources.rows import DataRow
from ptr_eval.errors import UserError


def is_saved(path: Path) -> Literal["", "rows", "splits"]:
    """Tell whether a path is such a folder, and whether it has splits."""
    if (path / "dataset_dict.json").is_file():
        return "splits"
    return "rows" if (path / "state.json").is_file() else ""


def saved_rows(folder: Path, split: str) -> Iterator[DataRow]:
    """Read such a folder row by row."""
    import datasets

    try:
        found = datasets.load_from_disk(str(folder))
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{folder} cannot be read as a saved data set ({reason}).") from error
    if isinstance(found, datasets.DatasetDict):
        if split not in found:
            names = ", ".join(found)
            raise UserError(f"{folder} has no split {split!r}, but {names}; correct `split`.")
        found = found[split]
    for number, values in enumerate(found, start=1):
        yield DataRow(values, str(folder), number)
