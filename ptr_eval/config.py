"""Configuration files: YAML checked against typed, frozen records, all problems reported at once.

The one loader for every YAML file that users write for us; task files are lm-eval's.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, ClassVar, TypeVar, Union, get_args, get_origin

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
from ptr_eval.strict_yaml import parse_yaml


class Settings(BaseModel):
    """What records of configuration files derive from: frozen, and closed to unknown keys.

    Nothing is converted silently: `"3"` is no number, and 1 is no truth value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    renamed: ClassVar[Mapping[str, str]] = {}
    """Keys that have a new name, by the old one; where there are two, as "this or that"."""


S = TypeVar("S", bound=Settings)

_WORDS = {"Input should be": "must be", "dictionary or instance of": "mapping, a",
          "valid dictionary or object to extract fields from": "mapping",
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


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration file that could be parsed, before it is checked."""

    path: Path
    """The file as messages name it; relative paths in it are taken from its folder."""
    values: Any
    """What it holds, with what is set over it."""
    problems: tuple[str, ...] = ()
    """What is already known to be wrong, such as a key that is given twice."""

    def checked(self, record: type[S]) -> S:
        """Check the file against a record.

        Args:
            record: The record's class.

        Returns:
            The record.

        Raises:
            UserError: If something is wrong; names all problems.
        """
        if not isinstance(self.values, Mapping):
            kind = type(self.values).__name__
            raise UserError(f"{self.path}: must be a mapping of settings, not {kind}.")
        problems = list(self.problems)
        try:
            context = {"folder": self.path.absolute().parent}
            found = record.model_validate(self.values, context=context)
        except ValidationError as error:
            problems.extend(f"{self.path}, {problem}" for problem in _problems(error, record))
        problems += [
            f"{self.path}, `{place}`: must be a finite number, not {value}."
            for place, value in _leaves(self.values)
            if isinstance(value, float) and not math.isfinite(value)
            if not any(f"`{place}`" in problem for problem in problems)
        ]
        if problems:
            raise UserError.collect(list(dict.fromkeys(problems)))
        return found


def read_yaml_config(path: Path, record: type[S], overrides: Sequence[str] = ()) -> S:
    """Read a configuration file.

    Args:
        path: The file.
        record: The class of what it describes.
        overrides: What to set over it, each as `key=value` with dots between the parts of the key
            and YAML as the value.

    Returns:
        The record.

    Raises:
        UserError: If it cannot be read, or something is wrong; names all problems.
    """
    return open_config(path, overrides).checked(record)


def open_config(path: Path, overrides: Sequence[str] = (), name: Path | None = None) -> ConfigFile:
    """Parse a configuration file, for what must look into it to know what describes it.

    Args:
        path: The file.
        overrides: What to set over it, see `read_yaml_config`.
        name: How messages name it, and from whose folder relative paths are taken; the file itself
            by default.

    Returns:
        The file, to be checked.

    Raises:
        UserError: If it cannot be read.
    """
    shown = name or path
    try:
        parsed = parse_yaml(path.read_text(encoding="utf-8"), str(shown))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UserError(f"{shown} cannot be read: {_one_line(error)}.") from error
    values = {} if parsed.value is None else parsed.value
    problems = [f"{shown}, {problem}" for problem in parsed.problems]
    for override in overrides if isinstance(values, Mapping) else ():
        try:
            values = _with_override(values, override)
        except UserError as error:
            problems.append(str(error))
    return ConfigFile(shown, values, tuple(problems))


def checked(values: Any, record: type[S], path: Path) -> S:
    """Check values as if they came from a file.

    Args:
        values: The values, plain data.
        record: The class of what they describe.
        path: The file that messages name, and from whose folder relative paths are taken.

    Returns:
        The record.

    Raises:
        UserError: If something is wrong; names all problems.
    """
    return ConfigFile(path, values).checked(record)


def _leaves(values: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """List all values in plain data, each with its place."""
    if isinstance(values, Mapping | list):
        for key, value in values.items() if isinstance(values, Mapping) else enumerate(values):
            yield from _leaves(value, f"{place}.{key}" if place else str(key))
    else:
        yield place, values


def _with_override(values: Mapping[str, Any], override: str) -> Mapping[str, Any]:
    key, equals, text = override.partition("=")
    parts = key.split(".")
    if not equals or not all(parts):
        raise UserError(f"--set {override}: write it as key=value, such as --set seed=2.")
    try:
        parsed = parse_yaml(text, f"--set {key}")
    except (ValueError, yaml.YAMLError) as error:
        reason = _one_line(error)
        raise UserError(
            f"--set {key}: {_shorten(repr(text))} is not YAML ({reason}); put it in quotes."
        ) from None
    if parsed.problems:
        raise UserError(f"--set {key}: {' '.join(parsed.problems)}")
    return _set(values, parts, parsed.value, f"--set {key}")


def _set(values: Mapping[str, Any], parts: Sequence[str], value: Any, flag: str) -> dict[str, Any]:
    """Give a copy with another value in a place; aliases of what is there keep the old one."""
    first, *rest = parts
    if rest:
        inner = values.get(first)
        if not isinstance(inner, Mapping | None):
            raise UserError(f"{flag}: `{first}` is a value and has no fields to set.")
        value = _set(inner or {}, rest, value, flag)
    return {**values, first: value}


def _problems(error: ValidationError, record: type[BaseModel]) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        given = list(problem["loc"])
        if problem["type"] == "extra_forbidden":
            outer, parent = _follow(record, given[:-1]) or (given[:-1], None)
            yield _unknown_key(outer, str(given[-1]), parent)
            continue
        place, _ = _follow(record, given) or (given, None)
        where = ".".join(map(str, place))
        if problem["type"] == "missing":
            yield f"`{where}` is missing."
        elif problem["type"].startswith("union_tag_"):
            yield _wrong_choice(where, problem["ctx"], problem["input"])
        else:
            message = problem["msg"].removeprefix("Value error, ")
            for theirs, ours in _WORDS.items():
                message = message.replace(theirs, ours)
            # What several fields have wrong together is not clearer for showing them all.
            together = problem["type"] == "value_error" and isinstance(problem["input"], Mapping)
            found = "" if together else f", not {_shorten(repr(problem['input']))}"
            start = f"`{where}`: " if where else ""
            yield f"{start}{message[:1].lower()}{message[1:]}{found}."


def _wrong_choice(where: str, context: Mapping[str, str], given: Mapping[str, Any]) -> str:
    """Say what is wrong with the key that chooses one of several records."""
    key = context["discriminator"].strip("'")
    place = f"`{where}.{key}`" if where else f"`{key}`"
    if key not in given:
        return f"{place} is missing."
    known = context["expected_tags"].replace("'", "")
    return f"{place}: must be one of {known}, not {_shorten(repr(given[key]))}."


def _unknown_key(place: Sequence[int | str], key: str, record: Any) -> str:
    def full(name: str) -> str:
        return ".".join(map(str, [*place, name]))

    if new := getattr(record, "renamed", {}).get(key):
        names = (f"`{full(name)}`" for name in new.split(" or "))
        return f"`{full(key)}`: renamed to {' or '.join(names)}."
    known = ", ".join(getattr(record, "model_fields", {}))
    return f"`{full(key)}`: unknown key" + (f" (known: {known})." if known else ".")


def _follow(kind: Any, place: Sequence[int | str]) -> tuple[list[int | str], Any] | None:
    """Follow a place of pydantic's through a type: give the place as the file has it, and its type.

    Pydantic's has the name of the record that it took a union for, which no file has.
    """
    if get_origin(kind) is Annotated:
        return _follow(get_args(kind)[0], place)
    if get_origin(kind) in (Union, UnionType):
        options = get_args(kind)
        named = [option for option in options if place and _has_tag(option, place[0])]
        found = [_follow(option, place[1:]) for option in named]
        found += [_follow(option, place) for option in options]
        return next(filter(None, found), None)
    if not place:
        return [], kind
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(str(place[0]))
        inner = _follow(field.annotation, place[1:]) if field else None
    else:
        items = [item for item in get_args(kind) if item is not Ellipsis]
        inner = _follow(items[-1], place[1:]) if items else None
    return ([place[0], *inner[0]], inner[1]) if inner else None


def _has_tag(kind: Any, tag: int | str) -> bool:
    """Tell whether pydantic names a union's option so: by its class or by its discriminator."""
    kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    fields = getattr(kind, "model_fields", {}).values()
    tags = [tag for field in fields for tag in get_args(field.annotation)]
    return tag in (getattr(kind, "__name__", None), *tags)


def _one_line(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    return " ".join((reason or str(error)).split()).rstrip(".")


def _shorten(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
