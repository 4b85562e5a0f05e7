"""Whole builds: what comes out, what is done again, and what is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from ptr_data.build import build_from
from ptr_data.export.manifest import MANIFEST
from ptr_data.filters.cleaning import CleaningSettings
from ptr_data.methods.common.method import WRITTEN, build
from ptr_data.methods.ptr.config import PtrConfig
from ptr_data.methods.ptr.stages import PTR, STAGES
from ptr_data.pipeline.fingerprints import fingerprints
from ptr_eval.config import read_yaml_config
from ptr_eval.errors import UserError
from tests.ptr_data.methods.ptr.ptr_factory import (
    QUESTIONS,
    config,
    finished,
    prepare,
    question,
    settings,
    write_queries,
)
from tests.ptr_data.methods.watching import watched


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished build."""
    return build(PTR, config(tmp_path_factory.mktemp("build"))).folder


def rows(out: Path, name: str = "data/train.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / name).read_text().splitlines()]


def both(out: Path, kind: str = "data") -> list[dict[str, Any]]:
    return rows(out, f"{kind}/train.jsonl") + rows(out, f"{kind}/dev.jsonl")


def stages(out: Path) -> dict[str, dict[str, Any]]:
    manifest = json.loads((out / "manifest.json").read_text())
    return {stage["name"]: stage for stage in manifest["report"]["stages"]}


def test_every_query_is_kept_or_dropped_with_a_reason(out: Path) -> None:
    kept, dropped = both(out), rows(out, "dropped.jsonl")
    assert len(kept) == QUESTIONS - 1
    assert sorted((d["stage"], d["reason"]) for d in dropped) == [
        ("answers", "empty"),
        ("clean", "empty"),
        ("clean", "image"),
        ("unique", "exact duplicate"),
    ]
    assert len(kept) + len(dropped) == QUESTIONS + 3
    found = stages(out)
    assert found["read"]["rows_out"] == QUESTIONS + 3
    assert found["rows"]["rows_out"] == len(kept)
    for before, after in zip(
        ["read", "clean", "decontamination", "unique", "thoughts", "answers"],
        ["clean", "decontamination", "unique", "thoughts", "answers", "rows"],
        strict=True,
    ):
        assert found[before]["rows_out"] == found[after]["rows_in"]
        lost = sum(found[after]["dropped"].values())
        assert found[after]["rows_in"] - found[after]["rows_out"] == lost


def test_unreadable_rows_are_dropped_and_stand_in_files_and_card(tmp_path: Path) -> None:
    path = prepare(
        tmp_path,
        sources=[{"path": "queries.jsonl", "unreadable": 0.1}],
        sft={"share": 0.1, "sources": [{"path": "plain.jsonl", "unreadable": 0.5}]},
    )
    with (tmp_path / "queries.jsonl").open("a") as file:
        file.write('{"question": "Half of\n')
    lines = [
        {"question": f"What is the city number {n}?", "output": f"City {n}."} for n in range(9)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "plain.jsonl").write_text(f'{text}{{"output": 3}}\n')
    folder = build_from(path).folder
    unreadable = [d for d in rows(folder, "dropped.jsonl") if d["reason"] == "unreadable row"]
    assert [(d["query"]["source"], d["query"]["row"]) for d in unreadable] == [
        ("queries.jsonl", QUESTIONS + 4),
        ("plain.jsonl", 10),
    ]
    assert unreadable[0]["query"]["text"] == '{"question": "Half of'
    assert unreadable[1]["detail"].endswith(
        "plain.jsonl, line 10: has no column 'question' (its columns: output); correct or remove "
        "the row."
    )
    found = stages(folder)
    assert (found["read"]["rows_in"], found["read"]["rows_out"]) == (QUESTIONS + 4, QUESTIONS + 3)
    assert found["read"]["dropped"] == found["sft"]["dropped"] == {"unreadable row": 1}
    assert "| read | unreadable row | 1 |" in (folder / "README.md").read_text()


def test_rows_are_conversations_of_which_the_answer_alone_is_trained(out: Path) -> None:
    numbers = set()
    for row in both(out):
        weights = [m.get("weight") for m in row["messages"] if m["role"] == "assistant"]
        assert weights == [0] * len(row["thoughts"]) + [1]
        assert row["messages"][0]["content"] == row["query"]
        assert row["messages"][-1]["content"] == row["answer"]
        assert row["provenance"]["answer"]["model"] == "large"
        assert "neutral" not in [m["content"] for m in row["messages"]]
        numbers.add(len(row["thoughts"]))
    assert numbers == {0, 1, 2}


def test_baselines_see_the_same_rows(out: Path) -> None:
    data = {row["id"]: row for row in both(out)}
    ift, dpo = both(out, "ift"), both(out, "dpo")
    assert {row["id"] for row in ift} == {row["id"] for row in dpo} == set(data)
    for row in dpo:
        assert row["chosen"][0]["content"] == data[row["id"]]["answer"]
        assert row["rejected"][0]["content"] == data[row["id"]]["draft"]


def test_a_query_s_split_does_not_depend_on_the_others(tmp_path: Path, out: Path) -> None:
    path = prepare(tmp_path)
    write_queries(tmp_path / "queries.jsonl", range(5, 15))
    assert path.is_file()
    few = build(PTR, config_at(path)).folder
    splits = {row["query"]: row["split"] for row in both(out)}
    assert all(splits[row["query"]] == row["split"] for row in both(few))


def config_at(path: Path) -> Any:
    return read_yaml_config(path, PtrConfig)


def test_parquet_and_json_lines_hold_the_same(out: Path) -> None:
    frame = pd.read_parquet(out / "data" / "train.parquet")
    assert frame["id"].tolist() == [row["id"] for row in rows(out)]
    assert frame["answer"].tolist() == [row["answer"] for row in rows(out)]


def test_nothing_finished_names_the_machine_or_the_time(out: Path, tmp_path: Path) -> None:
    elsewhere = build(PTR, config(tmp_path / "elsewhere")).folder
    assert finished(elsewhere) == finished(out)
    assert not any(str(out.parent).encode() in content for content in finished(out).values())


def test_the_size_of_shards_changes_no_row(out: Path, tmp_path: Path) -> None:
    other = build(PTR, config(tmp_path, shard=7)).folder
    assert sorted(r["id"] for r in both(other)) == sorted(r["id"] for r in both(out))
    by_id = {row["id"]: row for row in both(out)}
    assert all(by_id[row["id"]] == row for row in both(other))


def test_a_changed_setting_redoes_its_stage_and_what_follows(tmp_path: Path) -> None:
    done: list[str] = []
    method = watched(PTR, done.append)

    def built(**changed: Any) -> set[str]:
        done.clear()
        build(method, config(tmp_path, **changed))
        return set(done)

    first = ["read", "clean", "unique", "gate", "thoughts", "answers", "rows", "finish"]
    assert built() == set(first)
    assert built() == set()
    assert built(instruction="critical") == {"rows", "finish"}
    alone = {"samples": 1, "sees_thoughts": False}
    assert built(instruction="critical", answers=alone) == {"answers", "rows", "finish"}
    one = {"proportions": {1: 1.0}}
    assert built(thoughts=one) == {"thoughts", "answers", "rows", "finish"}
    assert built(thoughts=one, gate=None) == {"finish"}
    assert built(duplicates={"near": False}) == set(first[1:])


def test_a_changed_source_is_noticed_by_all_stages(tmp_path: Path) -> None:
    first = fingerprints(STAGES, config(tmp_path))
    write_queries(tmp_path / "queries.jsonl", range(3))
    second = fingerprints(STAGES, config_at(tmp_path / "build.yaml"))
    assert tuple(first) == tuple(stage.name for stage in STAGES)
    assert all(first[stage] != second[stage] for stage in first)


def test_what_was_dropped_comes_in_the_order_of_the_stages(out: Path) -> None:
    order = [dropped["stage"] for dropped in rows(out, "dropped.jsonl")]
    assert order == ["clean", "clean", "unique", "answers"]


def test_a_gate_that_fails_stops_the_build_unless_told_otherwise(tmp_path: Path) -> None:
    path = prepare(tmp_path)
    swapped = (tmp_path / "scores.jsonl").read_text().replace("small", "other")
    swapped = swapped.replace("large", "small").replace("other", "large")
    (tmp_path / "scores.jsonl").write_text(swapped)
    with pytest.raises(UserError, match=r"gate: .*large is not shown to be stronger than small"):
        build(PTR, config_at(path))
    assert not (tmp_path / "out" / "work" / "thoughts").exists()
    path.write_text(yaml.safe_dump(settings(gate={"required": False})))
    out = build(PTR, config_at(path)).folder
    gate = json.loads((out / "manifest.json").read_text())["report"]["gate"]
    assert gate["comparisons"][0]["adjusted_p"] > 0.9


def test_plain_answers_are_mixed_in(tmp_path: Path) -> None:
    sources = [{"path": "queries.jsonl", "license": "cc0-1.0"}]
    out = build(PTR, config(tmp_path, sft={"share": 0.25, "sources": sources})).folder
    kinds = [row["kind"] for row in both(out)]
    assert kinds.count("ptr") == QUESTIONS - 1
    assert kinds.count("sft") == round((QUESTIONS - 1) / 3)
    splits: dict[str, set[str]] = {}
    for row in both(out):
        splits.setdefault(row["query"], set()).add(row["split"])
    assert all(len(found) == 1 for found in splits.values())


def test_benchmark_items_are_kept_out(tmp_path: Path) -> None:
    path = prepare(tmp_path)
    data = tmp_path / "benchmarks" / "gsm8k"
    data.mkdir(parents=True)
    item = {"question": question(3), "answer": "So.\n#### 12"}
    (data / "test.jsonl").write_text(json.dumps(item) + "\n")
    kept_out = {"tasks": ["ptr_gsm8k"], "data": "benchmarks"}
    path.write_text(yaml.safe_dump(settings(decontamination=kept_out)))
    out = build(PTR, config_at(path)).folder
    found = [d for d in rows(out, "dropped.jsonl") if d["stage"] == "decontamination"]
    assert [d["query"]["text"] for d in found] == [question(3)]
    assert found[0]["reason"] == "holds text of ptr_gsm8k"
    assert "ptr\\_gsm8k test document 0" in (out / "README.md").read_text()


def test_all_mistakes_of_a_configuration_are_said_at_once(tmp_path: Path) -> None:
    wrong = settings(
        colour="red", shard=0, strong="huge", weak=[], split={"dev": 2},
        thoughts={"proportions": {0: 0.5, 1: 0.2}}, instruction="refin.txt",
    )  # fmt: skip
    path = prepare(tmp_path)
    path.write_text(yaml.safe_dump(wrong))
    with pytest.raises(UserError) as caught:
        config_at(path)
    said = str(caught.value)
    for problem in (
        "`colour`: unknown key", "`shard`: must be greater than or equal to 1, not 0",
        "'huge' is none of the models small, large", "`weak`", "`split.dev`",
        "shares that sum to 1", "refin.txt: no such file",
    ):  # fmt: skip
        assert problem in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: (f / "queries.jsonl").unlink(), r"queries\.jsonl matches no file"),
        (lambda f: (f / "queries.jsonl").write_text(""), r"queries\.jsonl.* holds no rows"),
        (lambda f: (f / "queries.jsonl").write_text('{"question": "a'), r"queries\.jsonl"),
        (lambda f: (f / "recorded.jsonl").unlink(), r"recorded\.jsonl"),
        (lambda f: (f / "scores.jsonl").unlink(), r"scores\.jsonl: no such file"),
        (lambda f: (f / "out").write_text(""), r"out"),
    ],
)
def test_missing_and_malformed_files_are_named(
    tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    path = prepare(tmp_path)
    spoil(tmp_path)
    with pytest.raises(UserError, match=said):
        build(PTR, config_at(path))


def test_a_folder_of_something_else_is_refused_and_stays(tmp_path: Path) -> None:
    theirs = tmp_path / "out" / "data" / "train.jsonl"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("mine")
    (tmp_path / "out" / "README.md").write_text("mine, too")
    said = f"`out` {tmp_path}/out has README.md, data of something else, which would be overwritten"
    with pytest.raises(UserError, match=said):
        build(PTR, config(tmp_path))
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == ["README.md", "data"]
    assert theirs.read_text() == "mine"


def test_other_files_may_lie_beside_and_all_that_is_written_is_known(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    found = finished(build(PTR, config(tmp_path)).folder)
    assert {name.split("/")[0] for name in found} <= {*WRITTEN, MANIFEST, "mine.txt"}
    assert found["mine.txt"] == b"mine"


def test_finished_work_may_be_removed(tmp_path: Path) -> None:
    out = build(PTR, config(tmp_path)).folder
    before = finished(out)
    shutil.rmtree(out / "work")
    assert finished(build(PTR, config(tmp_path)).folder) == before


def test_filters_that_leave_nothing_are_said_to(tmp_path: Path) -> None:
    nothing = {"languages": [], "min_characters": 7_000}
    with pytest.raises(
        UserError, match=r"No query is left after the stage 'unique' \(too short: 31"
    ):
        build(PTR, config(tmp_path, cleaning=nothing))


def test_cleaning_settings_reach_the_filters(tmp_path: Path) -> None:
    assert CleaningSettings(languages=[]) != CleaningSettings()
    out = build(PTR, config(tmp_path, cleaning={"languages": [], "min_characters": 71})).folder
    assert any(d["reason"] == "too short" for d in rows(out, "dropped.jsonl"))
