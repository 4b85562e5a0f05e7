"""Configuration files checked against records."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import Field

from ptr_eval.config import FilePath, ModelName, Settings, Text, open_config, read_yaml_config
from ptr_eval.errors import UserError


class Part(Settings):
    renamed: ClassVar[Mapping[str, str]] = {"length": "size", "shape": "size or width"}

    size: int = Field(ge=1)
    width: float = 1.0


class Fast(Settings):
    kind: Literal["fast"]
    parts: dict[str, Part] = Field(default_factory=dict)


class Slow(Settings):
    kind: Literal["slow"]


class Whole(Settings):
    path: FilePath = Path("default")
    model: ModelName = "hub/model"
    name: Text = "none"
    parts: list[Part] = Field(default_factory=list)
    way: Annotated[Fast | Slow, Field(discriminator="kind")] | None = None
    either: Part | bool | None = None
    free: dict[str, Any] = Field(default_factory=dict)


def read(folder: Path, text: str, *overrides: str) -> Whole:
    path = folder / "c.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml_config(path, Whole, overrides)


def problems(folder: Path, text: str, *overrides: str) -> list[str]:
    with pytest.raises(UserError) as caught:
        read(folder, text, *overrides)
    rows = str(caught.value).replace(f"{folder / 'c.yaml'}", "FILE").splitlines()
    return rows if len(rows) == 1 else [row.removeprefix("  - ") for row in rows[1:]]


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    assert read(tmp_path, "path: a/b").path == tmp_path / "a" / "b"
    assert read(tmp_path, "path: /a/b").path == Path("/a/b")
    assert read(tmp_path, "path: ~/b").path == Path.home() / "b"


@pytest.mark.parametrize("number", [".inf", "-.Inf", ".nan", "1e999"])
def test_a_number_is_finite_wherever_it_is_given(tmp_path: Path, number: str) -> None:
    found = problems(tmp_path, f"parts: [{{size: 1, width: {number}}}]\nway: {{kind: none}}")
    assert found[0].startswith("FILE, `way.kind`: ")
    assert found[1].startswith("FILE, `parts.0.width`: must be a finite number, not ")
    (found_free,) = problems(tmp_path, "free: {a: [1, {b: 1.0}]}", f"free.a={number}")
    assert found_free.startswith("FILE, `free.a`: must be a finite number, not ")


def test_a_model_is_a_hub_name_unless_it_begins_like_a_path(tmp_path: Path) -> None:
    assert read(tmp_path, "model: org/name").model == "org/name"
    assert read(tmp_path, "model: ./name").model == str(tmp_path / "name")
    assert read(tmp_path, "model: /name").model == "/name"


def test_every_mistake_is_named_with_its_place(tmp_path: Path) -> None:
    text = "parts: [{size: 0}, {size: big}, {sise: 1}]\nname: ''\ncolour: red\nname: 7"
    assert set(problems(tmp_path, text)) == {
        "FILE, `name` is given twice, in lines 2 and 4; keep one.",
        "FILE, `parts.0.size`: must be greater than or equal to 1, not 0.",
        "FILE, `parts.1.size`: must be a valid integer, not 'big'.",
        "FILE, `parts.2.size` is missing.",
        "FILE, `parts.2.sise`: unknown key (known: size, width).",
        "FILE, `colour`: unknown key (known: path, model, name, parts, way, either, free).",
        "FILE, `name`: must be a valid string, not 7.",
    }


def test_places_in_unions_are_those_of_the_file(tmp_path: Path) -> None:
    text = "way: {kind: fast, parts: {a: {sise: 1}}}\neither: {size: x}"
    assert set(problems(tmp_path, text)) == {
        "FILE, `way.parts.a.sise`: unknown key (known: size, width).",
        "FILE, `way.parts.a.size` is missing.",
        "FILE, `either.size`: must be a valid integer, not 'x'.",
        "FILE, `either`: must be a valid boolean, not {'size': 'x'}.",
    }


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("{kind: medium}", "`way.kind`: must be one of fast, slow, not 'medium'."),
        ("{kind: [fast]}", "`way.kind`: must be one of fast, slow, not ['fast']."),
        ("{parts: {}}", "`way.kind` is missing."),
        ("3", "`way`: must be a mapping, not 3."),
    ],
)
def test_a_wrong_choice_of_a_union_is_named_with_the_right_ones(
    tmp_path: Path, way: str, said: str
) -> None:
    assert problems(tmp_path, f"way: {way}") == [f"FILE, {said}"]


def test_keys_that_were_renamed_are_refused_with_their_new_names(tmp_path: Path) -> None:
    text = "parts: [{length: 1, size: 1}, {shape: 2, size: 0}]\ncolour: red"
    assert set(problems(tmp_path, text, "way={kind: fast, parts: {a: {size: 1, length: 1}}}")) == {
        "FILE, `parts.0.length`: renamed to `parts.0.size`.",
        "FILE, `parts.1.shape`: renamed to `parts.1.size` or `parts.1.width`.",
        "FILE, `parts.1.size`: must be greater than or equal to 1, not 0.",
        "FILE, `colour`: unknown key (known: path, model, name, parts, way, either, free).",
        "FILE, `way.parts.a.length`: renamed to `way.parts.a.size`.",
    }


def test_values_are_set_over_the_file_s(tmp_path: Path) -> None:
    text = "either: &part {size: 1}\nparts: [*part]"
    found = read(tmp_path, text, "either.size=2", "either.width=1e-1", "name=x", "path=a=b")
    assert found.either == Part(size=2, width=0.1)
    assert found.parts == [Part(size=1)]
    assert (found.name, found.path) == ("x", tmp_path / "a=b")
    assert read(tmp_path, "", "either.size=1").either == Part(size=1)


def test_every_mistake_in_what_is_set_is_named(tmp_path: Path) -> None:
    overrides = ["name", "either..size=2", "name.x=1", "parts=[", "either={size: 1, size: 0}"]
    assert set(problems(tmp_path, "name: x\nname: x", *overrides, "model=7")) == {
        "FILE, `name` is given twice, in lines 1 and 2; keep one.",
        "--set name: write it as key=value, such as --set seed=2.",
        "--set either..size=2: write it as key=value, such as --set seed=2.",
        "--set name.x: `name` is a value and has no fields to set.",
        "--set parts: '[' is not YAML (line 1, column 2: while parsing a flow node, expected the "
        "node content, but found '<stream end>'); put it in quotes.",
        "--set either: `size` is given twice in line 1; keep one.",
        "FILE, `model`: must be a valid string, not 7.",
    }


def test_a_file_can_be_read_as_if_it_were_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("path: a")
    file = open_config(tmp_path / "c.yaml", name=Path("/b/name"))
    assert file.checked(Whole).path == Path("/b/a")
    (tmp_path / "c.yaml").write_text("x: a\nx: a")
    with pytest.raises(UserError) as caught:
        open_config(tmp_path / "c.yaml", name=Path("/b/name")).checked(Whole)
    assert str(caught.value).count("/b/name, `x`") == 2


def test_nothing_is_converted_silently(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"`parts\.0\.size`: must be a valid integer, not '3'"):
        read(tmp_path, "parts: [{size: '3'}]")
    with pytest.raises(UserError, match=r"`name`: must be a valid string, not 7"):
        read(tmp_path, "name: 7")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- 1", "FILE: must be a mapping of settings, not list."),
        ("word", "FILE: must be a mapping of settings, not str."),
        ("a: b: c", "FILE cannot be read: line 1, column 5: mapping values are not allowed here."),
        ("a: " + "[" * 9_999, "FILE cannot be read: it is nested more than 50 levels deep."),
        ("name: !!int x", "FILE cannot be read: invalid literal for int() with base 10: 'x'."),
    ],
)
def test_a_file_that_holds_no_mapping_is_refused_in_one_sentence(
    tmp_path: Path, text: str, problem: str
) -> None:
    assert problems(tmp_path, text) == [problem]
    assert problems(tmp_path, text, "name=x") == [problem]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no\.yaml cannot be read: No such file or directory\."):
        read_yaml_config(tmp_path / "no.yaml", Whole)
