"""Questions come out of files and hub data sets in order, with their place."""

import json
import logging
import os
from collections import Counter
from pathlib import Path
from typing import Any

import datasets
import pytest

from ptr_data.records import Dropped, Question, question_id
from ptr_data.sources.columns import SYSTEM_DROPPED, Columns
from ptr_data.sources.conversations import CUT
from ptr_data.sources.questions import SourceSettings, read_entries, read_questions
from ptr_data.sources.rows import DataRow
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
        f"correct or remove the row. 1 of 2 rows of {path} cannot be read, above the share "
        "`unreadable: 0.01` of the source."
    )


@pytest.mark.parametrize("bad", ['{"prompt": "How?"}', '{"question": ["a"]}', "{", "3", '{"a":1}'])
@pytest.mark.parametrize("place", [0, 1])
def test_an_unreadable_row_is_dropped_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, bad: str, place: int
) -> None:
    good = [json.dumps(row) for row in asked("a", 3)]
    if place == 0 and "prompt" in bad:
        bad = bad.replace("prompt", "unknown")  # The first row that can be read decides.
    (tmp_path / "a.jsonl").write_text("\n".join([*good[:place], bad, *good[place:]]))
    source = SourceSettings(path=tmp_path / "a.jsonl", unreadable=0.25)
    dropped: list[Dropped] = []
    notes: Counter[str] = Counter()
    with caplog.at_level(logging.WARNING):
        found = list(read_questions([source], notes, dropped.append))
    assert [question.text for question in found] == ["a 1?", "a 2?", "a 3?"]
    (one,) = dropped
    assert (one.stage, one.reason) == ("read", "unreadable row")
    assert one.detail.startswith(f"{tmp_path}/a.jsonl, line {place + 1}: ")
    assert (one.query.text, one.query.row) == (
        bad if bad[0] != "{" or bad == "{" else json.dumps(json.loads(bad)),
        place + 1,
    )
    assert notes == {"rows that cannot be read, dropped": 1}
    assert "a.jsonl: 1 rows that cannot be read, dropped." in caplog.text
    stricter = source.model_copy(update={"unreadable": 0.24})
    with pytest.raises(UserError, match=r"1 of 4 rows of .* above the share `unreadable: 0\.24`"):
        list(read_questions([stricter]))


def test_a_source_of_which_nothing_can_be_read_is_given_up_early(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [{"a": 1}] * 3_000)
    with pytest.raises(UserError, match=r"line 1: its columns \(a\).* 1,000 of 1,000 rows of"):
        list(read_questions([SourceSettings(path=path)]))


def test_what_is_made_of_a_row_may_refuse_it(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", asked("a", 4))

    def odd(question: Question, row: DataRow) -> str:
        if row.number % 2:
            raise row.wrong("is odd")
        return question.text

    source = SourceSettings(path=path, unreadable=0.5)
    dropped: list[Dropped] = []
    assert list(read_entries([source], odd, None, dropped.append)) == ["a 2?", "a 4?"]
    assert [one.detail for one in dropped] == [f"{path}, line {n}: is odd." for n in (1, 3)]


def test_answers_in_columns_of_unknown_names_are_not_left_out_silently(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = lines(tmp_path / "a.jsonl", [{"prompt": "Why?", "gold_reply": "So."}] * 2)
    with caplog.at_level(logging.WARNING):
        list(read_questions([SourceSettings(path=path)]))
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}: read as questions without answers, as none of gold_reply is known to hold them; "
        "if one does, name it, as in `columns: {question: prompt, answer: gold_reply}`."
    ]
    caplog.clear()
    named = Columns(question="prompt")
    list(read_questions([SourceSettings(path=path, columns=named)]))
    assert not caplog.records


def test_system_prompts_are_counted(tmp_path: Path) -> None:
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "User", "content": "Hi?"},
        {"role": "Assistant", "content": "Hello."},
    ]
    path = lines(tmp_path / "a.jsonl", [{"messages": turns}, {"messages": turns[1:]}])
    notes: Counter[str] = Counter()
    one, two = read_questions([SourceSettings(path=path)], notes)
    assert (one.text, one.reference, two.reference) == ("Hi?", "", "Hello.")
    assert notes == {SYSTEM_DROPPED: 1}
    (kept, _) = read_questions([SourceSettings(path=path, system="keep")])
    assert (kept.text, kept.reference) == ("Be brief.\n\nHi?", "Hello.")


# Folders


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    lines(tmp_path / "x" / "2.jsonl", asked("x2", 1))
    (tmp_path / "x" / "1.csv").write_text("question\nx1 1?\n")
    lines(tmp_path / "x" / "deep" / "3.jsonl", asked("x3", 1))
    (tmp_path / "x" / "README.md").write_text("Read me.")
    found = list(read_questions([SourceSettings(path=tmp_path / "x")]))
    assert [(question.source, question.text) for question in found] == [
        ("1.csv", "x1 1?"),
        ("2.jsonl", "x2 1?"),
        ("deep/3.jsonl", "x3 1?"),
    ]


def test_a_folder_without_data_files_is_named(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("Read me.")
    with pytest.raises(UserError, match=r"holds no file of \.jsonl, .*check `path`"):
        list(read_questions([SourceSettings(path=tmp_path)]))


def saved(folder: Path) -> Path:
    rows = datasets.Dataset.from_list(asked("a", 3)).select([2, 0])
    rows.save_to_disk(str(folder / "rows"))
    datasets.DatasetDict({"train": rows, "dev": rows.select([1])}).save_to_disk(
        str(folder / "splits")
    )
    return folder


def test_a_saved_data_set_is_read_with_its_splits_or_without(tmp_path: Path) -> None:
    folder = saved(tmp_path)

    def read(name: str, **more: Any) -> list[tuple[str, str, int]]:
        found = read_questions([SourceSettings(path=folder / name, **more)])
        return [(question.source, question.text, question.row) for question in found]

    assert read("rows") == [("rows", "a 3?", 1), ("rows", "a 1?", 2)]
    assert read("splits") == [("splits", "a 3?", 1), ("splits", "a 1?", 2)]
    assert read("splits", split="dev") == [("splits", "a 1?", 1)]
    with pytest.raises(UserError, match=r"splits has no split 'test', but train, dev; correct"):
        read("splits", split="test")
    with pytest.raises(UserError, match=r"rows is no folder that `save_to_disk` wrote with its sp"):
        read("rows", split="train")


def test_a_damaged_saved_data_set_is_named(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{}")
    with pytest.raises(UserError, match=r"cannot be read as a saved data set \("):
        list(read_questions([SourceSettings(path=tmp_path)]))


def test_a_saved_data_set_counts_by_what_it_holds(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        saved(tmp_path / name)
    one, two = (SourceSettings(path=tmp_path / name / "rows") for name in ("one", "two"))
    before = one.identity()
    (data,) = (tmp_path / "one" / "rows").glob("data-*.arrow")
    data.write_bytes(data.read_bytes() + b"x")
    assert one.identity() != before
    assert [name for name, _ in two.identity()[1][0][1]] == [name for name, _ in before[1][0][1]]


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


@pytest.mark.parametrize("name", ["no/such.jsonl", "*.parquet"])
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
        ({"path": "a", "name": "b"}, "must have `name` and `revision` with `hub` only"),
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
