"""The types of fields of the suite file that need more checks than a plain type.

A check raises ValueError with the end of a sentence that begins with the name of the field.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from ptr_eval.config import FilePath, Text

_BATCH = re.compile(r"auto(:[1-9][0-9]*)?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+=@-]{0,99}")
_TAKEN = ("ledger", "report")


def _folder_name(value: str) -> str:
    if value in _TAKEN:
        raise ValueError("must be another name: the suite uses this one itself")
    if not _NAME.fullmatch(value):
        raise ValueError(
            "must be a name for a folder: up to 100 letters, digits and ._+=@-, "
            "beginning with a letter or digit"
        )
    return value


def _word(value: str) -> str:
    if "\0" in value:
        raise ValueError("must be text without NUL characters")
    return value


def _limit(value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not (0 < value < 1 or (value >= 1 and float(value).is_integer())):
        raise ValueError("must be a count from 1 or a share below 1; leave it out to ask all")
    return value if value < 1 else int(value)


def _batch_size(value: Any) -> Any:
    number = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if not number and not _BATCH.fullmatch(str(value)):
        raise ValueError("must be a whole number from 1, auto or auto:N")
    return str(value)


def _template(value: Any) -> Any:
    if not isinstance(value, bool) and not (isinstance(value, str) and value):
        raise ValueError("must be true, false or a template's name")
    return value if isinstance(value, bool) else _word(value)


def _one_or_more(value: Any) -> Any:
    if value == []:
        raise ValueError("must name at least one")
    return [value] if isinstance(value, str) else value


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError("must be an existing folder")
    return path


def _file(path: Path) -> Path:
    if not path.is_file():
        raise ValueError("must be an existing file")
    return path


FolderName = Annotated[str, AfterValidator(_folder_name)]
"""A name that is possible for a folder on every system."""

ArgumentText = Annotated[Text, AfterValidator(_word)]
"""Text that can be an argument of a program."""

ArgumentTexts = Annotated[list[ArgumentText], BeforeValidator(_one_or_more)]
"""A list of texts; a single one may be written without the list."""

Limit = Annotated[int | float, BeforeValidator(_limit)]
"""How many questions to ask: a number, or a share of all."""

BatchSize = Annotated[str, BeforeValidator(_batch_size)]
"""A value of `--batch_size`."""

ChatTemplate = Annotated[bool | str, BeforeValidator(_template)]
"""Whether to apply the model's chat template, or the name of one."""

AnyPath = Annotated[FilePath, AfterValidator(Path.resolve)]
"""An absolute path."""

ExistingFolder = Annotated[AnyPath, AfterValidator(_folder)]
"""The absolute path of a folder that exists."""

ExistingFile = Annotated[AnyPath, AfterValidator(_file)]
"""The absolute path of a file that exists."""


def local_or_hub(name: str, value: Any, info: ValidationInfo) -> str:
    """Return an existing path as an absolute one, and the name of a model on the hub unchanged."""
    found = str(relative_to_file(value, info)) if isinstance(value, str) and value else ""
    if found and Path(found).exists():
        return found
    if not found or value.startswith((".", "/", "~")) or value.count("/") > 1:
        raise ValueError(f"must have an existing path or a model on the hub as `{name}`")
    return str(value)


def relative_to_file(value: str, info: ValidationInfo) -> Path:
    """Take a path as relative to the folder of the suite file."""
    folder: Path = (info.context or {}).get("folder", Path())
    return (folder / Path(value).expanduser()).resolve()


def require_different_folders(names: Sequence[str]) -> None:
    """Refuse names that would be the same folder on some systems."""
    if not names:
        raise ValueError("must name at least one")
    folded = [name.casefold() for name in names]
    shared = [name for name in names if folded.count(name.casefold()) > 1]
    if shared:
        raise ValueError(f"must have names for different folders, not {' and '.join(shared)}")
