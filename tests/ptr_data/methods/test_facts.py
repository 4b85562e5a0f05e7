"""Every field of both configurations changes the fingerprints of its stages, and of those after.

The fields are found in the configurations themselves: a new one is changed here, too, or the test
says that it does not know how.
"""

import copy
import json
import shutil
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from ptr_data.methods.common.method import Method
from ptr_data.methods.gsr.stages import GSR
from ptr_data.methods.ptr.stages import PTR
from ptr_data.pipeline.fingerprints import fingerprints
from ptr_data.pipeline.stage import stages_before
from ptr_eval.config import checked
from tests.ptr_data.methods.gsr import gsr_factory
from tests.ptr_data.methods.ptr import ptr_factory

KEPT_OUT = {"tasks": ["ptr_gsm8k"], "without": ["ptr_math"], "fewshot": ["ptr_arc_easy"],
            "data": "benchmarks"}  # fmt: skip
SOURCE = {"hub": "someone/questions", "name": "small", "split": "test", "revision": "v1",
          "limit": 9}  # fmt: skip
MODEL = {
    "backend": "hf", "args": {"pretrained": "./weights"}, "revision": "v1", "strategy": "size",
    "chat": True, "context": 99, "generation": {"stop": ["x"], "top_p": 0.9, "top_k": 5},
}  # fmt: skip


def models(*names: str) -> list[dict[str, Any]]:
    return [{**MODEL, "name": name} for name in names]


def ptr(**changed: Any) -> dict[str, Any]:
    return ptr_factory.settings(**{
        "sources": [{"path": "queries.jsonl"}, SOURCE],
        "models": models("small-model", "large-model", "judge-model"),
        "weak": ["small-model"],
        "strong": "large-model",
        "decontamination": KEPT_OUT,
        "sft": {"share": 0.25, "sources": [{"path": "queries.jsonl"}, SOURCE]},
        "gate": {},
        "answers": {"examples": "scores.jsonl"},
        "consistency": {"thought_threshold": 0.1},
        **changed,
    })  # fmt: skip


def gsr(**changed: Any) -> dict[str, Any]:
    columns = {"question": "problem", "answer": "expected_answer", "input": "problem_type"}
    return gsr_factory.settings(**{
        "sources": [{"path": "source.jsonl", "columns": columns}, SOURCE],
        "models": models("student-model", "teacher-model", "judge-model", "spare-model"),
        "student": "student-model",
        "teacher": "teacher-model",
        "decontamination": KEPT_OUT,
        "candidates": {"hard_share": 0.5},
        "prompt": {"budget": 100},
        "direct": {"kind": "source"},
        **changed,
    })  # fmt: skip


CASES: dict[str, tuple[Method[Any], dict[str, Any]]] = {
    "ptr-given": (PTR, ptr()),
    "ptr-scorer": (PTR, ptr(measure={"kind": "scorer", "scorer": "similarity"})),
    "ptr-judge": (PTR, ptr(measure={"kind": "judge", "model": "judge-model"})),
    "gsr-source": (GSR, gsr(verifier={"kind": "similarity"})),
    "gsr-teacher": (GSR, gsr(direct={"kind": "teacher"}, verifier={"kind": "maths"})),
    "gsr-scorer": (GSR, gsr(direct=None, verifier={"kind": "scorer", "scorer": "exact"})),
    "gsr-judge": (GSR, gsr(verifier={"kind": "judge", "model": "judge-model"})),
}

NO_FACTS = ["out", "engine", "method", "*.kind", "decontamination.data", "*sources.0.split"]
"""What is no fact: where files are, when models are asked, what chooses between records of
settings, and what only a hub data set may have."""

OTHER = {
    "*sources.0.path": "other.jsonl", "*sources.1.hub": "someone/else", "*.columns": "plain",
    "*.system": "keep",
    "*.columns.*": "question", "*sources.0.limit": 3, "duplicates.permutations": 64,
    "duplicates.bands": 32, "decontamination.tasks": ["ptr_mmlu"], "decontamination.short_n": 7,
    "decontamination.without": [], "decontamination.fewshot": [], "models.*.backend": "vllm",
    "models.*.args": {"pretrained": "./other"}, "models.*.strategy": "domain",
    "models.*.chat": False, "models.*.thinking_end": "</thought>", "weak": ["judge-model"],
    "strong": "judge-model", "thoughts.proportions": {1: 1.0}, "thoughts.order": "drawn",
    "answers.examples": "none", "measure.file": "other.jsonl", "measure.scorer": "maths",
    "measure.model": "large-model", "student": "spare-model", "teacher": "spare-model",
    "verifier.model": "spare-model",
    "measure.judge_form": "mt-bench", "verifier.judge_form": "verify.yaml",
    "verifier.scorer": "number_strict", "prefilter.where": {}, "prompt.question": "Q: {question}",
    "instruction": "critical", "prompt.synthesis": "Make one.", "cleaning.languages": ["de"],
}  # fmt: skip
"""Another valid value of a field that cannot be found from its type."""

FIRST = {
    "ptr*": {
        "sources.*": "read", "shard": "read", "cleaning.*": "clean", "duplicates.*": "clean",
        "decontamination.*": "clean", "models.0.*": "gate thoughts", "models.1.*": "gate answers",
        "models.2.*": "gate", "weak": "gate thoughts", "strong": "gate answers",
        "thoughts.*": "thoughts", "outputs.*": "thoughts", "answers.*": "answers",
        "gate.*": "gate", "measure.*": "gate", "consistency.*": "rows", "split.*": "rows",
        "instruction": "rows", "sft.*": "sft", "name": "finish",
    },
    "gsr*": {
        "sources.*": "read", "shard": "read", "prefilter.*": "read", "cleaning.*": "clean",
        "duplicates.*": "clean", "decontamination.*": "clean", "student": "candidates",
        "teacher": "attempts solutions", "candidates.samples": "candidates",
        "candidates.*": "groups", "prompt.question": "attempts candidates", "prompt.*": "groups",
        "verifier.*": "groups", "solutions.samples": "solutions", "solutions.*": "refine",
        "split.*": "refine", "direct.column": "read", "direct.samples": "attempts",
        "direct.*": "direct", "models.0.*": "candidates", "models.1.*": "attempts solutions",
        "models.3.*": "finish", "name": "finish",
    },
    "gsr-judge": {"models.2.*": "groups"},
    "gsr-[!j]*": {"models.2.*": "finish"},
    "gsr-teacher": {"verifier.*": "groups pool"},
}  # fmt: skip
"""The first stages that a field changes; a later pattern counts only if no earlier one fits."""


def fields_of(record: BaseModel, place: str = "") -> Iterator[tuple[str, Any]]:
    """All fields of a configuration, those of records and lists of records inside one by one."""
    for name in type(record).model_fields:
        value, at = getattr(record, name), f"{place}{name}"
        inside = dict(enumerate(value)) if isinstance(value, list) else {"": value}
        records = {key: item for key, item in inside.items() if isinstance(item, BaseModel)}
        for key, item in records.items():
            yield from fields_of(item, f"{at}.{key}." if key != "" else f"{at}.")
        if not records or value is None:
            yield at, value


def another(place: str, value: Any) -> Any:
    """Another valid value of a field."""
    for pattern, other in OTHER.items():
        if fnmatch(place, pattern):
            return other
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * 0.9 if value else 0.5
    if isinstance(value, str):
        return f"{value}x"
    if isinstance(value, list):
        return [*value, "y"]
    raise AssertionError(f"say in OTHER what else {place} may be than {value!r}")


def replaced(raw: Any, place: list[str], value: Any) -> Any:
    """The same YAML with another value at a place."""
    if not place:
        return value
    raw = copy.deepcopy(raw)
    if isinstance(raw, list):
        raw[int(place[0])] = replaced(raw[int(place[0])], place[1:], value)
        return raw
    raw = {} if raw is None else raw
    raw[place[0]] = replaced(raw.get(place[0]), place[1:], value)
    return raw


def renamed(raw: Any, old: str, new: str) -> Any:
    """The same YAML in which a model has another name wherever it is named."""
    if isinstance(raw, dict):
        return {key: renamed(value, old, new) for key, value in raw.items()}
    if isinstance(raw, list):
        return [renamed(value, old, new) for value in raw]
    return new if raw == old else raw


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that the configurations name."""
    made = tmp_path_factory.mktemp("facts")
    ptr_factory.prepare(made)
    gsr_factory.prepare(made)
    (made / "other.jsonl").write_text(json.dumps({"question": "Another?"}))
    (made / "benchmarks" / "gsm8k").mkdir(parents=True)
    (made / "benchmarks" / "gsm8k" / "test.jsonl").write_text("{}")
    verify = {"prompt": "{question} {answer}", "verdict": "(yes|no)",
              "means": {"yes": "correct", "no": "wrong"}}  # fmt: skip
    (made / "verify.yaml").write_text(json.dumps(verify))
    for name in ("weights", "other"):
        (made / name).mkdir()
        (made / name / "weights").write_text(name)
    return made


def first_stages(case: str, place: str) -> set[str]:
    tables = [table for pattern, table in reversed(FIRST.items()) if fnmatch(case, pattern)]
    found = [stages for table in tables for pattern, stages in table.items()
             if fnmatch(place, pattern)]  # fmt: skip
    assert found, f"say in FIRST which stage {place} of {case} changes first"
    return set(found[0].split())


def first_changed(case: str, place: str, value: Any, folder: Path) -> set[str]:
    """The stages that a changed field changes, without those that follow from others."""
    method, raw = CASES[case]
    changed_raw = replaced(raw, place.split("."), value)
    if fnmatch(place, "models.*.name"):
        changed_raw = renamed(raw, value.removesuffix("x"), value)
    before, after = (
        fingerprints(method.stages, checked(given, method.config, folder / "build.yaml"))
        for given in (raw, changed_raw)
    )
    changed = {name for name in before if before[name] != after[name]}
    assert not changed or method.stages[-1].name in changed
    return {name for name in changed if not stages_before(method.stages, name) & changed}


@pytest.mark.parametrize("case", CASES)
def test_a_changed_field_changes_its_stages_and_those_after_them(case: str, folder: Path) -> None:
    method, raw = CASES[case]
    config = checked(raw, method.config, folder / "build.yaml")
    places = [
        (place, value)
        for place, value in fields_of(config)
        if not any(fnmatch(place, pattern) for pattern in NO_FACTS)
    ]
    assert len(places) > 60
    for place, value in places:
        if value is None:
            continue
        first = first_changed(case, place, another(place, value), folder)
        assert first == first_stages(case, place), place


def test_all_fields_are_set_in_some_case(folder: Path) -> None:
    unset: dict[str, set[str]] = {}
    for method, raw in CASES.values():
        config = checked(raw, method.config, folder / "build.yaml")
        for place, value in fields_of(config):
            unset.setdefault(place, set()).add("unset" if value is None else "set")
    never = {place for place, found in unset.items() if "set" not in found}
    assert {place for place in never if not any(p.startswith(f"{place}.") for p in unset)} == {
        # The first source is a file, the second a hub data set.
        *(f"{start}sources.0.{name}" for start in ("", "sft.")
          for name in ("hub", "name", "revision", "limit")),
        *(f"{start}sources.1.path" for start in ("", "sft.")),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("case", "section", "stages"),
    [
        ("ptr-given", "decontamination", {"clean"}),
        ("ptr-given", "gate", {"gate"}),
        ("ptr-given", "sft", {"sft"}),
        ("ptr-given", "consistency.threshold", {"rows"}),
        ("gsr-source", "decontamination", {"clean"}),
        ("gsr-source", "prefilter.pass_rate", {"read"}),
        ("gsr-source", "direct", {"read"}),
        ("gsr-teacher", "direct", {"attempts"}),
    ],
)
def test_a_section_that_is_switched_off_changes_its_stages(
    case: str, section: str, stages: set[str], folder: Path
) -> None:
    assert first_changed(case, section, None, folder) == stages


def test_where_files_are_is_no_fact(folder: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(folder, tmp_path / "moved")
    verifier = {"kind": "judge", "model": "judge-model", "judge_form": "verify.yaml"}
    own = {**CASES["gsr-judge"][1], "verifier": verifier}
    for method, raw in (CASES["gsr-judge"], (GSR, own), CASES["gsr-teacher"]):
        here, there = (
            fingerprints(method.stages, checked(raw, method.config, place / "build.yaml"))
            for place in (folder, moved)
        )
        assert here == there
