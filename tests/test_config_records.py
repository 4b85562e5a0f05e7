"""Every record of every configuration file: no key twice, and numbers as in YAML 1.2."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from ptr_data.build import build_from
from ptr_data.methods.gsr.config import GsrConfig
from ptr_data.methods.ptr.config import PtrConfig
from ptr_eval.config import read_yaml_config
from ptr_eval.errors import UserError
from ptr_eval.report import ReportConfig
from ptr_eval.suite import read_suite
from ptr_eval.suite.config import Suite
from ptr_train.config import TrainConfig
from ptr_train.reading import read_config


class Level(NamedTuple):
    """A step from a record to one inside it."""

    key: str
    """The key, `-` for an entry of a list, or nothing for the file itself."""
    record: type[BaseModel]
    """The record there."""


READERS: dict[type[BaseModel], Callable[[Path], object]] = {
    Suite: read_suite,
    ReportConfig: lambda path: read_yaml_config(path, ReportConfig),
    PtrConfig: build_from,
    GsrConfig: build_from,
    TrainConfig: lambda path: read_config(str(path)),
}


def parts(kind: Any) -> Iterator[Any]:
    """List what an annotation allows, without what only wraps it."""
    if get_origin(kind) is Annotated:
        yield from parts(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for option in get_args(kind):
            yield from parts(option)
    else:
        yield kind


def levels_inside(record: type[BaseModel], above: tuple[Level, ...]) -> Iterator[tuple[Level, ...]]:
    """List the ways to a record and to all records inside it."""
    yield above
    for name, field in record.model_fields.items():
        for part in parts(field.annotation):
            items = [item for item in get_args(part) if item is not Ellipsis][-1:]
            inside = () if get_origin(part) is None else ("-",)
            if get_origin(part) not in (None, list, tuple):
                inside = ("x",)  # A mapping from names of the user's to records.
            for option in [part] if not inside else [o for i in items for o in parts(i)]:
                if isinstance(option, type) and issubclass(option, BaseModel):
                    way = *above, *(Level(key, option) for key in (name, *inside))
                    yield from levels_inside(option, way)


WAYS = [
    pytest.param(root, way, id=".".join([root.__name__, *(level.key for level in way[1:])]))
    for root in READERS
    for way in levels_inside(root, (Level("", root),))
]


def place(way: tuple[Level, ...], field: str) -> str:
    """Name a field as messages do."""
    return ".".join([*("0" if level.key == "-" else level.key for level in way[1:]), field])


def fixed(record: type[BaseModel]) -> dict[str, str]:
    """Give the fields that say which record of several is meant."""
    fields = record.model_fields.items()
    return {
        name: get_args(field.annotation)[0]
        for name, field in fields
        if get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1
    }


def text_of(way: tuple[Level, ...], lines: list[str]) -> str:
    """Write a file that goes down to a record, with lines of its own there."""
    rows = []
    for depth, level in enumerate(way):
        if depth:
            rows.append("  " * (depth - 1) + (level.key if level.key == "-" else f"{level.key}:"))
        last = level is way[-1]
        inside_a_list = not last and way[depth + 1].key in ("-", "x")
        own = {} if inside_a_list else fixed(level.record)
        written = {line.partition(":")[0] for line in lines} if last else {way[depth + 1].key}
        added = [f"{name}: {value}" for name, value in own.items() if name not in written]
        rows += ["  " * depth + line for line in [*added, *(lines if last else [])]]
    return "\n".join(rows)


def refusal(root: type[BaseModel], path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        READERS[root](path)
    return str(caught.value)


def test_records_of_all_kinds_are_tried() -> None:
    ways: list[Any] = [param.values[1] for param in WAYS]
    tried = {way[-1].record.__name__ for way in ways}
    assert {"SuiteModel", "RunEntry", "JudgeVerifier", "LoraSettings", "KernelSettings"} <= tried
    assert len(WAYS) > 40


@pytest.mark.parametrize(("root", "way"), WAYS)
def test_a_key_that_is_given_twice_is_refused_with_both_lines(
    root: type[BaseModel], way: tuple[Level, ...], tmp_path: Path
) -> None:
    for field in way[-1].record.model_fields:
        value = "ptr" if field == "method" else "null"  # Says which record is meant.
        text = text_of(way, [f"{field}: {value}"] * 2)
        line = len(text.splitlines())
        said = refusal(root, tmp_path / "c.yaml", text)
        expected = f"`{place(way, field)}` is given twice, in lines {line - 1} and {line}; keep one"
        assert expected in said


@pytest.mark.parametrize(("root", "way"), WAYS)
def test_numbers_may_be_written_as_in_yaml_1_2(
    root: type[BaseModel], way: tuple[Level, ...], tmp_path: Path
) -> None:
    for field, info in way[-1].record.model_fields.items():
        if float in parts(info.annotation):
            # A key that is not known makes sure that the file is refused.
            text = text_of(way, [f"{field}: 1e-1", "unknown_key: 1"])
            said = refusal(root, tmp_path / "c.yaml", text)
            assert f"`{place(way, 'unknown_key')}`: unknown key" in said
            assert "'1e-1'" not in said
            assert f"`{place(way, field)}`: must be a valid" not in said
