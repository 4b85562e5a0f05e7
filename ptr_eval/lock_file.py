"""The file by which a process claims a folder for itself."""

from pathlib import Path
from typing import TextIO

from ptr_eval.errors import UserError


def open_lock_file(folder: Path) -> TextIO:
    """Open the file to lock, in a folder that is made if there is none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / ".lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written to ({error.strerror}); name another folder as `out`."
        ) from error
