"""Fingerprints: what changes them, and what must not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from ptr_data.pipeline.fingerprints import fingerprints
from ptr_data.pipeline.stage import Inherited, Stage


@dataclass(frozen=True, slots=True)
class One:
    fact: Any


@dataclass(frozen=True, slots=True)
class TakenOver:
    fact: Inherited[Any]


def stage(name: str, facts: Callable[[Any], Any], *inputs: str) -> Stage[Any]:
    return Stage(name, name, "", facts, lambda job, facts: {}, inputs)


STAGES = (
    stage("a", lambda config: One(config["a"])),
    stage("b", lambda config: One(config["b"]), "a"),
    stage("c", lambda config: One(config["c"]), "a"),
    stage("d", lambda config: TakenOver(config["a"]), "b"),
)
CONFIG: dict[str, Any] = {"a": 1, "b": 2, "c": 3}


def of(fact: Any) -> str:
    return fingerprints([stage("s", One)], fact)["s"]


def changed(**facts: Any) -> set[str]:
    before, after = fingerprints(STAGES, CONFIG), fingerprints(STAGES, {**CONFIG, **facts})
    return {name for name in before if before[name] != after[name]}


def test_a_changed_fact_changes_its_stage_and_those_that_read_it() -> None:
    assert changed() == set()
    assert changed(a=0) == {"a", "b", "c", "d"}
    assert changed(b=0) == {"b", "d"}
    assert changed(c=0) == {"c"}


def test_a_fact_that_no_stage_before_has_cannot_be_taken_over() -> None:
    stages = [STAGES[0], stage("b", lambda config: TakenOver(config["b"]), "a")]
    with pytest.raises(ValueError, match="'b' takes over the fact 'fact', which no stage before"):
        fingerprints(stages, CONFIG)
    apart = [*STAGES[:2], stage("x", lambda config: TakenOver(config["a"]))]
    with pytest.raises(ValueError, match="'x' takes over the fact 'fact'"):
        fingerprints(apart, CONFIG)


class Named(BaseModel):
    place: str
    asked: list[str] = []

    def identity(self) -> Any:
        self.asked.append(self.place)
        return "the same"


class Plain(BaseModel):
    size: int


def test_settings_that_name_a_place_count_by_what_is_there() -> None:
    assert of(Named(place="here")) == of(Named(place="there"))
    assert of([Named(place="here")]) == of([Named(place="there")])
    assert of(Plain(size=1)) != of(Plain(size=2))


def test_the_files_of_one_record_are_read_once() -> None:
    found = Named(place="here")
    fingerprints([stage("a", One), stage("b", One, "a")], found)
    assert found.asked == ["here"]


def test_a_path_counts_by_what_it_holds(tmp_path: Path) -> None:
    def at(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    assert of(at("one", "x")) == of(at("two", "x")) != of(at("three", "y"))
    assert of(tmp_path / "none") == of(tmp_path / "nor this")
    for name, text in (("f", "x"), ("g", "x"), ("h", "y")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "weights").write_text(text)
    assert of(tmp_path / "f") == of(tmp_path / "g") != of(tmp_path / "h")


def test_order_counts(tmp_path: Path) -> None:
    facts: Sequence[Any] = [1, 2]
    assert of(facts) != of(facts[::-1])
