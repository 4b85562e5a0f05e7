"""Questions come out of files and hub data sets in order, with their place."""

import json
import logging
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ptr_data.records import question_id
from ptr_data.sources.columns import CUT, Columns
from ptr_data.sources.questions import SourceSettings, read_questions
from ptr_eval.config import Settings, checked
from ptr_eval.errors import UserError

real_data = pytest.mark.skipif("PTR_DATA" not in os.environ, reason="PTR_DATA is not set")


class Config(Settings):
    sources: list[SourceSettings]


def configured(**source: Any) -> SourceSettings:
    return checked({"sources": [source]}, Config, Path("/home/me/config.yaml")).sources[0]


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def asked(name: str, count: int) -> list[dict[str, Any]]:
    return [{"question": f"{name} {n}?"} for n in range(1, count + 1)]


def test_a_query_remembers_where_it_stands(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [{"question": "Why?", "answer": "So."}])
    (query,) = read_questions([SourceSettings(path=path)])
    assert (query.text, query.reference, query.source, query.row) == ("Why?", "So.", "a.jsonl", 1)
    assert query.id == question_id("why? ")


def test_sources_and_files_are_read_in_order_and_named_below_their_shared_folder(
    tmp_path: Path,
) -> None:
    lines(tmp_path / "x" / "2.jsonl", asked("x2", 2))
    lines(tmp_path / "x" / "10.jsonl", asked("x10", 1))
    lines(tmp_path / "y" / "2.jsonl", asked("y2", 1))
    sources = [
        SourceSettings(path=tmp_path / "y" / "2.jsonl"),
        SourceSettings(path=tmp_path / "x" / "*.jsonl"),
    ]
    found = [(query.source, query.row, query.text) for query in read_questions(sources)]
    assert found == [
        ("y/2.jsonl", 1, "y2 1?"),
        ("x/10.jsonl", 1, "x10 1?"),
        ("x/2.jsonl", 1, "x2 1?"),
        ("x/2.jsonl", 2, "x2 2?"),
    ]


@pytest.mark.parametrize("pattern", ["data[1]/a.jsonl", "data[1]/*.jsonl", "data[1]/**/*.jsonl"])
def test_folders_may_hold_the_characters_of_patterns(tmp_path: Path, pattern: str) -> None:
    lines(tmp_path / "data[1]" / "a.jsonl", asked("a", 1))
    assert len(list(read_questions([SourceSettings(path=tmp_path / pattern)]))) == 1


def test_a_limit_counts_the_rows_of_all_files_of_a_source(tmp_path: Path) -> None:
    for name in "abc":
        lines(tmp_path / f"{name}.jsonl", asked(name, 2))
    source = SourceSettings(path=tmp_path / "*.jsonl", limit=3)
    assert [query.text for query in read_questions([source])] == ["a 1?", "a 2?", "b 1?"]


def test_rows_after_the_limit_are_not_read(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", asked("a", 1))
    path.write_text(path.read_text() + "{")
    assert len(list(read_questions([SourceSettings(path=path, limit=1)]))) == 1


def test_the_first_row_of_a_source_decides_for_all(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [{"question": "Why?", "answer": ""}, {"prompt": "How?"}])
    with pytest.raises(UserError) as caught:
        list(read_questions([SourceSettings(path=path)]))
    assert str(caught.value) == (
        f"{path}, line 2: has no column 'question' (its columns: prompt); "
        "correct or remove the row."
    )


def test_empty_questions_pass_on_to_the_filters(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [{"question": ""}, {"question": None}])
    assert [query.text for query in read_questions([SourceSettings(path=path)])] == ["", ""]


def test_conversations_that_go_on_are_counted_and_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    turn = {"role": "user", "content": "Hi?"}
    path = lines(tmp_path / "a.jsonl", [{"messages": [turn] * n} for n in (1, 2, 3)])
    notes = Counter({CUT: 5})
    with caplog.at_level(logging.WARNING):
        list(read_questions([SourceSettings(path=path)], notes))
    assert notes == {CUT: 7}
    assert f"{path}: 2 {CUT}." in caplog.text


@pytest.mark.parametrize("name", ["no/such.jsonl", "*.parquet", "."])
def test_a_path_that_matches_nothing_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="matches no file; check `path`"):
        list(read_questions([SourceSettings(path=tmp_path / name)]))


def test_all_paths_are_looked_for_before_any_is_read(tmp_path: Path) -> None:
    there = SourceSettings(path=lines(tmp_path / "a.jsonl", asked("a", 1)))
    with pytest.raises(UserError, match="matches no file"):
        next(read_questions([there, SourceSettings(path=tmp_path / "b.jsonl")]))


def test_a_source_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no rows"):
        list(read_questions([SourceSettings(path=lines(tmp_path / "a.jsonl", []))]))


def test_a_hub_data_set_is_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The loader takes a folder's path for a data set's name; relative, as names on the hub are.
    lines(tmp_path / "me" / "asked" / "train.jsonl", asked("a", 5))
    monkeypatch.chdir(tmp_path)
    found = list(read_questions([SourceSettings(hub="me/asked", limit=2)]))
    assert [(query.source, query.row, query.text) for query in found] == [
        ("me/asked, split train", 1, "a 1?"),
        ("me/asked, split train", 2, "a 2?"),
    ]


def test_a_hub_data_set_that_cannot_be_loaded_is_named() -> None:
    with pytest.raises(UserError) as caught:
        list(read_questions([SourceSettings(hub="./no/such")]))
    assert str(caught.value).startswith("./no/such cannot be loaded from the hub (")
    assert str(caught.value).endswith("or download it and give its files as `path`.")


def test_a_configured_path_is_taken_from_the_configuration_s_folder() -> None:
    source = configured(path="data/*.jsonl", columns={"question": "q"})
    assert source.path == Path("/home/me/data/*.jsonl")
    assert source.columns == Columns(question="q")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({}, "`sources.0`: must have either `path` or `hub`"),
        ({"path": "a", "hub": "b/c"}, "`sources.0`: must have either `path` or `hub`"),
        ({"path": "a", "split": "test"}, "must have `name`, `split` and `revision` with `hub`"),
        ({"hub": "b/c", "columns": "csv"}, "`sources.0.columns.form`: must be 'auto', 'plain'"),
        ({"hub": "b/c", "columns": {}}, "`sources.0.columns.names.question` is missing"),
        ({"hub": "b/c", "limit": 0}, "`sources.0.limit`: must be greater than or equal to 1"),
    ],
)
def test_impossible_settings_are_refused(source: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        configured(**source)
    assert message in str(caught.value)
    assert "problems" not in str(caught.value)


@real_data
@pytest.mark.parametrize(
    ("name", "columns", "rows", "answered", "first"),
    [
        ("WizardLM_sampled_1000.jsonl", "auto", 1000, 1000, "As an online platform teacher"),
        ("alpaca_en_demo.json", "auto", 999, 999, "Describe a process of making crepes."),
        ("self_instruct/seed_tasks.jsonl", "auto", 175, 175, "Is there anything I can eat"),
        ("self_instruct/user_*.jsonl", "auto", 252, 252, "The sentence you are given"),
        ("eval_sets/sinstruct_test_set.jsonl", "auto", 252, 252, "The sentence you are given"),
        ("eval_sets/koala_test_set.jsonl", "auto", 180, 0, "Can you list the top 20 films"),
        ("eval_sets/vicuna_test_set.jsonl", "auto", 80, 0, "How can I improve my time"),
        ("eval_sets/lima_test_set.jsonl", "conversations", 300, 0, "I'm writing a NeurIPS paper"),
        ("eval_sets/wizardlm_test_set.jsonl", "Instruction", 218, 0, "If a car travels 120 miles"),
    ],
)
def test_published_files_are_read(
    name: str, columns: str, rows: int, answered: int, first: str
) -> None:
    path = Path(os.environ["PTR_DATA"]) / "instructions" / name
    form: Any = columns if columns == "auto" else Columns(question=columns)
    found = list(read_questions([SourceSettings(path=path, columns=form)]))
    assert len(found) == rows
    assert sum(query.reference.strip() != "" for query in found) == answered
    assert found[0].text.startswith(first)
