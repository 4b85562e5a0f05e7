"""Whole builds: what comes out, what is done again, and what is refused."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from ptr_data.build import build_from
from ptr_data.cli import main
from ptr_data.methods.common.method import build
from ptr_data.methods.gsr.config import JUDGE, GsrConfig
from ptr_data.methods.gsr.prompts import QUESTION, bare
from ptr_data.methods.gsr.stages import GSR, STAGES
from ptr_data.pipeline.fingerprints import fingerprints
from ptr_data.records import question_id
from ptr_eval.config import read_yaml_config
from ptr_eval.conversation import Conversation
from ptr_eval.errors import UserError
from ptr_eval.instructions import SYNTHESES
from ptr_eval.protocols.parallel import quoting
from tests.ptr_data.methods.gsr.gsr_factory import (
    NEVER_SOLVED,
    QUESTIONS,
    answer,
    candidates,
    config,
    prepare,
    question,
    settings,
    write_source,
)
from tests.ptr_data.methods.ptr.ptr_factory import finished
from tests.ptr_data.methods.watching import watched


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished build."""
    return build(GSR, config(tmp_path_factory.mktemp("build"))).folder


def rows(out: Path, name: str = "data") -> list[dict[str, Any]]:
    files = [out / name / f"{split}.jsonl" for split in ("train", "dev")]
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def of_kind(out: Path, kind: str) -> list[dict[str, Any]]:
    return [row for row in rows(out) if row["kind"] == kind]


def manifest(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "manifest.json").read_text())
    return found


def stages(out: Path) -> dict[str, dict[str, Any]]:
    return {stage["name"]: stage for stage in manifest(out)["report"]["stages"]}


def expected_solutions(number: int) -> int:
    """How many rows the published rule makes of a question."""
    right = 0 if number == NEVER_SOLVED else number % 11
    return 4 if right == 10 else right


# What comes out


def test_every_question_has_the_rows_of_the_published_rule(out: Path) -> None:
    found = Counter(row["query"] for row in of_kind(out, "refine"))
    wanted = {question(n): expected_solutions(n) for n in range(QUESTIONS)}
    assert found == {text: count for text, count in wanted.items() if count}
    unsolved = [n for n in range(QUESTIONS) if not expected_solutions(n)]
    reasons = Counter(d["reason"] for d in dropped(out) if d["stage"] == "refine")
    assert reasons == {"no correct solution": len(unsolved)}


def test_all_correct_candidates_are_shown_and_incorrect_ones_fill_up(out: Path) -> None:
    for number in range(QUESTIONS):
        shown = [r for r in of_kind(out, "refine") if r["query"] == question(number)]
        if not shown:
            continue
        assert len({tuple(row["thoughts"]) for row in shown}) == 1
        thoughts = shown[0]["thoughts"]
        boxed = f"\\boxed{{{answer(number)}}}"
        assert len(set(thoughts)) == 4
        assert set(thoughts) <= set(candidates(number))
        correct = sum(boxed in text for text in thoughts)
        assert correct == shown[0]["scores"]["correct"] == min(number % 7, 4)


def test_a_row_asks_word_for_word_what_evaluation_asks(out: Path) -> None:
    for row in of_kind(out, "refine"):
        opening = Conversation.ask(bare(row["query"], QUESTION))
        asked = quoting(opening, row["thoughts"], SYNTHESES["examine"], 6144).messages()
        assert row["messages"][:-1] == asked
        last = row["messages"][-1]
        assert (last["role"], last["content"], last["weight"]) == ("assistant", row["answer"], 1)
        assert row["answer"].startswith("<think>\nHm, candidate")
        assert f"\\boxed{{{row['reference']}}}" in row["answer"]
        assert row["provenance"]["answer"]["model"] == "teacher"
        assert {origin["model"] for origin in row["provenance"]["thoughts"]} == {"student"}


def test_orders_differ_from_question_to_question(out: Path) -> None:
    places = {
        tuple(candidates(number).index(text) for text in row["thoughts"])
        for number in range(QUESTIONS)
        for row in of_kind(out, "refine")
        if row["query"] == question(number)
    }
    assert len(places) > QUESTIONS / 3
    assert any(list(order) != sorted(order) for order in places)


def test_half_of_the_rows_are_direct(out: Path) -> None:
    direct, refine = of_kind(out, "direct"), of_kind(out, "refine")
    assert len(direct) == len(refine) == sum(map(expected_solutions, range(QUESTIONS)))
    for row in direct:
        assert row["messages"][0]["content"] == bare(row["query"], QUESTION)
        assert len(row["messages"]) == 2
        assert row["answer"].startswith("<think>Way ")
        assert row["provenance"]["answer"] is None
    assert max(Counter(row["query"] for row in direct).values()) > 1
    assert manifest(out)["report"]["mix"] == {
        "share": 0.5, "rows": len(direct), "refined": len(refine), "shortage": None,
    }  # fmt: skip


def test_prompts_and_completions_are_the_conversations(out: Path) -> None:
    cut = {
        row["id"]: [*row["prompt"], *row["completion"]] for row in rows(out, "prompt_completion")
    }
    for row in rows(out):
        said = [{"role": m["role"], "content": m["content"]} for m in row["messages"]]
        assert cut.pop(row["id"]) == said
    assert not cut


def test_the_same_answers_are_there_without_candidates(out: Path) -> None:
    alone = {row["id"]: row["messages"] for row in rows(out, "ift")}
    assert len(alone) == len(rows(out))
    for row in rows(out):
        asked, said = alone[row["id"]]
        assert asked["content"] == bare(row["query"], QUESTION)
        assert said == row["messages"][-1]
        assert (row["kind"] == "direct") == (alone[row["id"]] == row["messages"])


def test_ids_are_unique_and_no_question_is_in_both_splits(out: Path) -> None:
    ids = [row["id"] for row in rows(out)]
    assert len(set(ids)) == len(ids)
    splits: dict[str, set[str]] = {}
    for row in rows(out):
        splits.setdefault(row["query"], set()).add(row["split"])
    assert all(len(found) == 1 for found in splits.values())
    assert {"train", "dev"} == {split for found in splits.values() for split in found}
    table = pq.read_table(out / "data" / "train.parquet")
    assert table.column("id").to_pylist() == [r["id"] for r in rows(out) if r["split"] == "train"]
    assert not (out / "dpo").exists()


def test_the_report_counts_by_number_of_correct_candidates(out: Path) -> None:
    report = manifest(out)["report"]
    numbers = range(QUESTIONS)
    assert report["correct"] == counted(min(n % 7, 4) for n in numbers)
    assert report["sampled_correct"] == counted(
        sum(f"\\boxed{{{answer(n)}}}" in (text or "") for text in candidates(n)) for n in numbers
    )
    assert report["rows_by_correct"] == counted(
        min(n % 7, 4) for n in numbers for _ in range(expected_solutions(n))
    )
    assert report["texts"]["student"] == {"failed": 3, "whole": 6 * QUESTIONS - 3}
    assert report["shown"] == {"4": QUESTIONS}
    card = (out / "README.md").read_text()
    assert "generative-self-refinement" in card
    assert "| 0 | 5 | 5 | 16.7% |" in card


def counted(numbers: Any) -> dict[str, int]:
    return {str(number): count for number, count in sorted(Counter(numbers).items())}


def dropped(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "dropped.jsonl").read_text().splitlines()]


def test_what_goes_in_comes_out_or_has_a_reason(out: Path) -> None:
    found = stages(out)
    assert found["prefilter"]["dropped"] == {
        "no pass rate": 1, "no reference answer": 1, "pass rate": 1,
        "problem_type is not has_answer_extracted": 1,
    }  # fmt: skip
    for stage in found.values():
        assert stage["rows_in"] - stage["rows_out"] == sum(stage["dropped"].values())
    order = ["prefilter", "clean", "decontamination", "unique", "groups", "refine"]
    for before, after in pairwise(order):
        assert found[before]["rows_out"] == found[after]["rows_in"]
    reasons = Counter((d["stage"], d["reason"]) for d in dropped(out))
    assert sum(reasons.values()) == sum(sum(s["dropped"].values()) for s in found.values())


def test_it_can_be_shown_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["build", str(prepare(tmp_path))])
    built = capsys.readouterr().out
    total = 2 * sum(map(expected_solutions, range(QUESTIONS)))
    assert f"{total} rows in {tmp_path / 'out'}" in built
    assert "no correct solution" in built
    folder = str(tmp_path / "out")
    main(["show", folder, "--kind", "refine", "--id", question_id(question(4)), "--rows", "9"])
    shown = capsys.readouterr().out
    assert shown.count("=== refine-") == 4
    assert "4 of 4 candidates correct" in shown
    assert "assistant, trained on, by teacher" in shown
    main(["show", folder, "--kind", "direct", "--rows", "1"])
    assert "assistant, trained on, the source's own" in capsys.readouterr().out
    main(["show", folder, "--dropped", "no pass rate"])
    assert "Which one is unknown?" in capsys.readouterr().out


# Settings


def test_hard_questions_may_be_thinned_out(tmp_path: Path) -> None:
    out = build(GSR, config(tmp_path, candidates={"hard_share": 0.0})).folder
    assert {row["scores"]["correct"] for row in of_kind(out, "refine")} == {1, 2, 3, 4}
    assert stages(out)["groups"]["dropped"] == {"no correct candidate": 5}
    assert "0" not in manifest(out)["report"]["correct"]
    assert manifest(out)["report"]["sampled_correct"]["0"] == 5


def test_long_prompts_are_dropped_and_counted(tmp_path: Path, out: Path) -> None:
    lengths = [len(r["messages"][0]["content"].encode()) / 4 for r in of_kind(out, "refine")]
    limit = int(sorted(lengths)[len(lengths) // 2])
    short = build(GSR, config(tmp_path, prompt={"limit": limit})).folder
    left = [len(r["messages"][0]["content"].encode()) / 4 for r in of_kind(short, "refine")]
    assert len(left) == sum(length <= limit for length in lengths) < len(lengths)
    assert stages(short)["groups"]["dropped"]["prompt too long"] > 0


def test_candidates_of_every_kind_have_a_defined_fate(tmp_path: Path) -> None:
    def six(text: str) -> list[str | None]:
        return [text] * 6

    said = {
        0: ["", None, "", None, "only \\boxed{0}", ""],
        1: six("the same \\boxed{2}"),
        2: [*six("x" * 500_000)[:5], "short \\boxed{4}"],
        3: [None] * 6,
        4: ["<think>never ends", "a</think>\\boxed{8}", "b</think>9", "<think>c", None, ""],
    }
    path = prepare(tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "recorded.jsonl").read_text().splitlines()]
    for line in lines:
        for number, texts in said.items():
            if line["query"] == question(number) and line["model"] == "student":
                line["texts"] = texts
    (tmp_path / "recorded.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    out = build_from(path).folder
    reasons = {d["query"]["text"]: d["reason"] for d in dropped(out) if d["stage"] == "groups"}
    assert reasons == {
        question(0): "too few candidates",
        question(2): "prompt too long",
        question(3): "too few candidates",
    }
    by_question = {row["query"]: row for row in of_kind(out, "refine")}
    assert by_question[question(1)]["thoughts"] == ["the same \\boxed{2}"] * 4
    assert sorted(by_question[question(4)]["thoughts"]) == ["9", "\\boxed{8}"]
    report = manifest(out)["report"]
    assert (report["identical"], report["shown"]) == (1, {"2": 1, "4": QUESTIONS - 4})


def test_the_teacher_may_write_direct_rows_and_shortage_is_said(tmp_path: Path) -> None:
    out = build(GSR, config(tmp_path, direct={"kind": "teacher", "samples": 2})).folder
    direct = of_kind(out, "direct")
    # The first samples are the correct ones; each text is drawn once.
    available = sum(min(2, n % 11) for n in range(QUESTIONS) if n != NEVER_SOLVED)
    assert len(direct) == available < len(of_kind(out, "refine"))
    assert "only" in manifest(out)["report"]["mix"]["shortage"]
    assert all(row["provenance"]["answer"]["model"] == "teacher" for row in direct)
    assert all(f"\\boxed{{{row['reference']}}}" in row["answer"] for row in direct)
    assert stages(out)["direct"]["dropped"]["wrong"] == 2 * QUESTIONS - available


def test_direct_rows_and_thinking_can_be_left_out(tmp_path: Path) -> None:
    out = build(GSR, config(tmp_path, direct=None, solutions={"keep_thinking": False})).folder
    assert of_kind(out, "direct") == []
    assert all(row["answer"].startswith("It is \\boxed{") for row in rows(out))
    assert manifest(out)["report"]["mix"] is None


def test_a_judge_needs_no_reference(tmp_path: Path) -> None:
    said = {"name": "judge", "backend": "recorded", "args": {"file": "recorded.jsonl"}}
    models = [*settings()["models"], said]
    path = prepare(tmp_path, models=models, verifier={"kind": "judge", "model": "judge"})
    write_source(tmp_path / "source.jsonl", expected_answer=None)
    with pytest.raises(UserError, match=r"judge failed on all of \d+ questions \(no text is rec"):
        build_from(path)
    found = read_yaml_config(path, GsrConfig)
    assert found.model("judge").generation.model_dump().items() >= JUDGE.items()


def test_benchmark_items_are_kept_out_of_questions_and_solutions(tmp_path: Path) -> None:
    path = prepare(tmp_path)
    data = tmp_path / "benchmarks" / "gsm8k"
    data.mkdir(parents=True)
    words = "seven quiet foxes carried their striped umbrellas along the frozen northern canal road"
    items = [{"question": question(3), "answer": "So.\n#### 6"},
             {"question": f"{words} before noon?", "answer": "So.\n#### 1"}]  # fmt: skip
    (data / "test.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    recorded = (tmp_path / "recorded.jsonl").read_text()
    tainted = recorded.replace("Hm, candidate 1.</think>", f"Hm.</think>{words} before noon?")
    (tmp_path / "recorded.jsonl").write_text(tainted)
    kept_out = {"tasks": ["ptr_gsm8k"], "data": "benchmarks"}
    path.write_text(yaml.safe_dump(settings(decontamination=kept_out)))
    out = build_from(path).folder
    assert not any(row["query"] == question(3) for row in rows(out))
    assert not any(words in row["answer"] for row in rows(out))
    assert manifest(out)["report"]["tainted"] > 0
    assert "hold benchmark text" in (out / "README.md").read_text()


# Doing it again


def test_nothing_finished_names_the_machine_or_the_time(out: Path, tmp_path: Path) -> None:
    elsewhere = build(GSR, config(tmp_path / "elsewhere")).folder
    assert finished(elsewhere) == finished(out)
    assert not any(str(out.parent).encode() in content for content in finished(out).values())


def test_the_size_of_shards_changes_no_row(out: Path, tmp_path: Path) -> None:
    other = build(GSR, config(tmp_path, shard=37)).folder
    by_id = {row["id"]: row for row in rows(out)}
    assert {row["id"]: row for row in rows(other)} == by_id


def test_a_changed_setting_redoes_its_stage_and_what_follows(tmp_path: Path) -> None:
    done: list[str] = []
    method = watched(GSR, done.append)

    def built(**changed: Any) -> set[str]:
        done.clear()
        build(method, config(tmp_path, **changed))
        return set(done)

    assert built() == {stage.name for stage in STAGES} - {"attempts"}
    assert built() == set()
    assert built(name="other") == {"finish"}
    assert built(solutions={"easy_keep": 3}) == {"refine", "direct", "finish"}
    easy = {"solutions": {"easy_keep": 3}}
    assert built(**easy, direct={"kind": "source", "share": 0.2}) == {"direct", "finish"}
    after = {"solutions", "refine", "direct", "finish"}
    assert built(solutions={"samples": 5}) == after
    assert built(candidates={"keep": 3}) == {"groups", *after}
    assert built(candidates={"samples": 5}) == {"candidates", "groups", *after}


def test_a_change_of_a_model_that_no_role_uses_is_in_the_manifest(tmp_path: Path) -> None:
    def built(note: str) -> dict[str, Any]:
        spare = {"name": "spare", "backend": "recorded", "args": {"file": "recorded.jsonl"}}
        models = [*settings()["models"], {**spare, "note": note}]
        return manifest(build(GSR, config(tmp_path, models=models)).folder)

    assert built("one")["settings"]["models"][2]["note"] == "one"
    assert built("two")["settings"]["models"][2]["note"] == "two"


@pytest.mark.parametrize("stop", range(1, 27, 3))
def test_a_stopped_build_goes_on_and_ends_the_same(tmp_path: Path, out: Path, stop: int) -> None:
    given, done = config(tmp_path), list[str]()

    def note(stage: str) -> None:
        done.append(stage)
        if len(done) == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(watched(GSR, note), given)
    assert finished(build(GSR, given).folder) == finished(out)


def test_a_changed_source_is_noticed_by_all_stages(tmp_path: Path) -> None:
    first = fingerprints(STAGES, config(tmp_path))
    write_source(tmp_path / "source.jsonl", range(3))
    second = fingerprints(STAGES, read_yaml_config(tmp_path / "gsr.yaml", GsrConfig))
    assert tuple(first) == tuple(stage.name for stage in STAGES)
    assert all(first[stage] != second[stage] for stage in first)
