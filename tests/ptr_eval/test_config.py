"""Configuration files checked against records."""

from pathlib import Path

import pytest
from pydantic import Field

from ptr_eval.config import FilePath, ModelName, Settings, Text, read_yaml_config
from ptr_eval.errors import UserError


class Part(Settings):
    """A part.

    Attributes:
        size: Its size.
    """

    size: int = Field(ge=1)


class Whole(Settings):
    """A whole.

    Attributes:
        path: A path.
        model: A model.
        name: A name.
        parts: Its parts.
    """

    path: FilePath = Path("default")
    model: ModelName = "hub/model"
    name: Text = "none"
    parts: list[Part] = Field(default_factory=list)


def read(folder: Path, text: str) -> Whole:
    path = folder / "c.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml_config(path, Whole)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    assert read(tmp_path, "path: a/b").path == tmp_path / "a" / "b"
    assert read(tmp_path, "path: /a/b").path == Path("/a/b")
    assert read(tmp_path, "path: ~/b").path == Path.home() / "b"


def test_a_model_is_a_hub_name_unless_it_begins_like_a_path(tmp_path: Path) -> None:
    assert read(tmp_path, "model: org/name").model == "org/name"
    assert read(tmp_path, "model: ./name").model == str(tmp_path / "name")
    assert read(tmp_path, "model: /name").model == "/name"


def test_every_mistake_is_named_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, "parts: [{size: 0}, {size: big}, {sise: 1}]\nname: ''\ncolour: red")
    said = str(caught.value)
    for problem in (
        "6 problems",
        "`parts.0.size`: must be greater than or equal to 1, not 0",
        "`parts.1.size`: must be a valid integer, not 'big'",
        "`parts.2.size` is missing",
        "`parts.2.sise`: unknown key (known: size)",
        "`colour`: unknown key (known: path, model, name, parts)",
    ):
        assert problem in said
    assert said.count(str(tmp_path / "c.yaml")) == 6


def test_nothing_is_converted_silently(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"`parts\.0\.size`: must be a valid integer, not '3'"):
        read(tmp_path, "parts: [{size: '3'}]")
    with pytest.raises(UserError, match=r"`name`: must be a valid string, not 7"):
        read(tmp_path, "name: 7")


@pytest.mark.parametrize("text", ["a: [", "- 1", "word"])
def test_a_file_that_holds_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match=r"c\.yaml"):
        read(tmp_path, text)
