"""Every field of the configuration says whether a resumed training may change it."""

from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import get_args

import pytest

from ptr_eval.config import Settings
from ptr_train.config import TrainConfig
from ptr_train.reading import read_config
from ptr_train.training.changes import FIELDS, WHOLE, find_changes, kind_of


def fields_of(record: type[Settings], start: str = "") -> Iterator[str]:
    """Name the fields of a record, and those of the records in it that have no class as a whole."""
    for name, field in record.model_fields.items():
        kinds = [kind for kind in (field.annotation, *get_args(field.annotation))]
        inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Settings)]
        if inner and f"{start}{name}" not in WHOLE:
            yield from fields_of(inner[0], f"{start}{name}.")
        else:
            yield f"{start}{name}"


def test_every_field_has_a_class() -> None:
    assert sorted(fields_of(TrainConfig)) == sorted(FIELDS)
    assert NoneType not in map(type, FIELDS.values())


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "train.yaml"
    file.write_text("out: out\nmodel: {name: org/model}\ndata: {path: rows}\n")
    return str(file)


def test_a_new_field_would_have_no_class() -> None:
    class More(TrainConfig):
        temperature: float = 1.0

    assert set(fields_of(More)) - set(FIELDS) == {"temperature"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("optimizer.learning_rate=2e-5", {"`optimizer.learning_rate` was 1e-05 and is 2e-05"}),
        ("data.pack=true", {"`data.pack` was false and is true"}),
        ("lora.rank=8", {f"`lora.{name}` was null and is {value}" for name, value in (
            ("rank", 8), ("alpha", 16), ("dropout", 0.05),
            ("targets", ["q_proj", "v_proj", "gate_proj", "down_proj", "up_proj"]))}),
        ("seed=0", set()),
    ],
)  # fmt: skip
def test_changes_are_found_by_field(path: str, said: str, told: set[str]) -> None:
    changes = find_changes(read_config(path), read_config(path, [said]))
    assert set(map(str, changes)) == told


def test_what_follows_from_the_method_is_a_change_of_the_encoding(path: str) -> None:
    changes = find_changes(read_config(path), read_config(path, ["loss={objective: ift}"]))
    kinds = {change.field: change.kind for change in changes}
    assert kinds["loss.objective"] == kinds["data.encoding.type"] == "fixed"


def test_classes_hold_for_what_is_inside() -> None:
    assert kind_of("optimizer.betas") == "may change"
    assert kind_of("data.encoding.transcript.before_answer") == "fixed"
    assert kind_of("model.name") == "by content"
