"""Configuration files: YAML checked against typed, frozen records, all mistakes said at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)

from ptr_eval.errors import UserError


class Settings(BaseModel):
    """What records of configuration files derive from: frozen, and closed to unknown keys.

    Nothing is converted silently: `"3"` is no number, and 1 is no truth value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


S = TypeVar("S", bound=Settings)

_WORDS = {"Input should be": "must be", "dictionary or instance of": "mapping, a",
          "valid dictionary": "mapping"}  # fmt: skip


def _below(path: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder")
    return folder / path.expanduser() if folder else path


FilePath = Annotated[
    Path,
    BeforeValidator(lambda value: Path(value) if isinstance(value, str) else value),
    AfterValidator(_below),
]
"""A path; one that is relative is taken from the configuration file's folder."""


def _model_below(name: str, info: ValidationInfo) -> str:
    return str(_below(Path(name), info)) if name.startswith(("./", "../", "~/")) else name


ModelName = Annotated[str, Field(min_length=1), AfterValidator(_model_below)]
"""A model on the hub, or, beginning with `./`, `../`, `~/` or `/`, a folder; a relative one is
taken from the configuration file's folder."""

Text = Annotated[str, Field(min_length=1)]
"""Text that is not empty."""


def read_yaml_config(path: Path, record: type[S]) -> S:
    """Read a configuration file."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path} cannot be read: {reason}.") from error
    return checked({} if raw is None else raw, record, path)


def checked(raw: Any, record: type[S], path: Path) -> S:
    """Check what a configuration file holds."""
    if not isinstance(raw, Mapping):
        raise UserError(f"{path}: must be a mapping of settings, not {type(raw).__name__}.")
    try:
        return record.model_validate(raw, context={"folder": path.absolute().parent})
    except ValidationError as error:
        problems = [f"{path}, {problem}" for problem in _problems(error, record)]
        raise UserError.collect(list(dict.fromkeys(problems))) from None


def _problems(error: ValidationError, record: type[BaseModel]) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        where = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            known = ", ".join(_siblings(record, problem["loc"][:-1]))
            yield f"`{where}`: unknown key" + (f" (known: {known})." if known else ".")
        elif problem["type"] == "missing":
            yield f"`{where}` is missing."
        else:
            said = problem["msg"].removeprefix("Value error, ")
            for theirs, ours in _WORDS.items():
                said = said.replace(theirs, ours)
            shown = _shorten(repr(problem["input"]))
            place = f"`{where}`: " if where else ""
            yield f"{place}{said[:1].lower()}{said[1:]}, not {shown}."


def _siblings(record: type[BaseModel], place: tuple[int | str, ...]) -> Iterator[str]:
    """Name the keys known where an unknown one stood, if that place is a plain record."""
    found: Any = record
    for part in place:
        field = getattr(found, "model_fields", {}).get(part)
        if isinstance(part, int):
            found = next(iter(get_args(found)), None)
            continue
        found = field.annotation if field else None
    yield from getattr(found, "model_fields", {})


def _shorten(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
