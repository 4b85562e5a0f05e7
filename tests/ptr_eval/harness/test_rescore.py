"""Scoring without a model: answers from elsewhere, and saved runs again."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.catalog import tasks_path
from ptr_eval.errors import UserError
from ptr_eval.harness.rescore import rescore, score
from ptr_eval.harness.rounds_table import rounds_table
from ptr_eval.runs import newest_results, read_run
from tests.benchmark_fixtures import FORMS, MATH, lines, write
from tests.scripted_lm import ScriptedLM, by_round, evaluate, evaluate_into, gold, planned

FAST = {"ptr_scorers": "strict"}


def write_responses(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def saved_rows(out: Path, task: str = "ptr_gsm8k") -> list[dict[str, Any]]:
    (file,) = out.rglob(f"samples_{task}_*.jsonl")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if row["filter"] == "strict"]


# score


def test_answers_from_elsewhere_are_scored_under_their_own_numbers(
    sums: Path, tmp_path: Path
) -> None:
    rows = [
        {"doc_id": n, "responses": [planned(n, t) for t in (1, 2, 3)]} for n in (19, 3, 0, 12, 9)
    ]
    responses = write_responses(tmp_path / "their-model.jsonl", rows)
    out = tmp_path / "out"
    results = score("ptr_gsm8k", responses, out, metadata={"ptr_data": str(sums)})
    assert by_round(results) == [0.4, 0.8, 0.6]
    assert sorted(row["doc_id"] for row in saved_rows(out)) == [0, 3, 9, 12, 19]
    for row in saved_rows(out):
        assert row["doc"]["gold"] == str(gold(row["doc_id"]))
        assert [text for (text,) in row["resps"]] == [planned(row["doc_id"], t) for t in (1, 2, 3)]
    assert newest_results(out).parent.name == "their-model"


def test_a_null_round_is_an_empty_answer_and_a_missing_one_is_not_judged(
    sums: Path, tmp_path: Path
) -> None:
    rows = [
        {"doc_id": 0, "responses": ["The answer is 100.", None, "The answer is 100."]},
        {"doc_id": 1, "responses": ["The answer is 101."]},
    ]
    responses = write_responses(tmp_path / "r.jsonl", rows)
    results = score(
        "ptr_gsm8k", responses, tmp_path / "out", metadata={"ptr_data": str(sums), **FAST}
    )
    assert by_round(results) == [1.0, 0.0, 1.0]
    assert by_round(results, "empty") == [0.0, 0.5, 0.0]
    assert by_round(results, "failed") == [0.0, 0.5, 0.5]


def test_a_given_name_is_that_of_the_results(sums: Path, tmp_path: Path) -> None:
    responses = write_responses(tmp_path / "r.jsonl", [{"doc_id": 0, "responses": ["100"]}])
    metadata = {"ptr_data": str(sums), **FAST}
    score("ptr_gsm8k", responses, tmp_path / "out", metadata=metadata, name="org/model")
    written = json.loads(newest_results(tmp_path / "out").read_text())
    assert written["model_name"] == "org/model"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not json\n", r"r\.jsonl, line 1: not JSON"),
        ("[1]\n", r"r\.jsonl, row 1: expected an object"),
        ("", r"r\.jsonl holds no rows"),
        ([{"responses": ["a"]}], r"row 1: 'doc_id' must be a whole number, not None"),
        ([{"doc_id": "0", "responses": ["a"]}], r"row 1: 'doc_id' must be a whole number, not '0'"),
        ([{"doc_id": True, "responses": ["a"]}], r"row 1: 'doc_id' must be a whole number"),
        ([{"doc_id": 0, "responses": "a"}], r"row 1: 'responses' must be a list of texts"),
        ([{"doc_id": 0, "responses": []}], r"row 1: 'responses' must be a list of texts"),
        ([{"doc_id": 0, "responses": [1]}], r"row 1: every one of 'responses' must be a text"),
        (
            [{"doc_id": 0, "responses": ["a"]}] * 2,
            r"row 2: document 0 is in the file twice; keep one row",
        ),
        ([{"doc_id": 20, "responses": ["a"]}], r"ptr_gsm8k has documents 0 to 19, not 20"),
        ([{"doc_id": -1, "responses": ["a"]}], r"ptr_gsm8k has documents 0 to 19, not -1"),
        ([{"doc_id": 0, "responses": ["a"] * 51}], r"ptr_rounds=51"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_responses_file_is_refused_and_nothing_written(
    sums: Path, tmp_path: Path, content: Any, message: str
) -> None:
    path = tmp_path / "r.jsonl"
    if isinstance(content, str):
        path.write_text(content)
    else:
        write_responses(path, content)
    with pytest.raises(UserError, match=message) as caught:
        score("ptr_gsm8k", path, tmp_path / "out", metadata={"ptr_data": str(sums), **FAST})
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ("nope", "--task nope: no such task; choose one of gsr_aime24,"),
        ("ptr_core", "--task ptr_core is a group or not a ptr_"),
        ("missing.yaml", "--task missing.yaml: no such task"),
        ("../task_configs/ptr_core", "--task ../task_configs/ptr_core is a group"),
    ],
)
def test_an_unknown_task_is_refused(tmp_path: Path, task: str, message: str) -> None:
    responses = write_responses(tmp_path / "r.jsonl", [{"doc_id": 0, "responses": ["a"]}])
    with pytest.raises(UserError) as caught:
        score(task, responses, tmp_path / "out", metadata={})
    assert str(caught.value).startswith(message)


def test_code_is_not_run_unasked(tmp_path: Path) -> None:
    data = write(tmp_path / "data", FORMS["humaneval"].files)
    responses = write_responses(tmp_path / "r.jsonl", [{"doc_id": 0, "responses": ["pass"]}])
    with pytest.raises(UserError, match="--confirm_run_unsafe_code"):
        score("ptr_humaneval", responses, tmp_path / "out", metadata={"ptr_data": str(data)})


# rescore


@pytest.fixture
def run(sums: Path, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A saved run over unsorted samples, and its results."""
    settings = {"ptr_data": str(sums), "ptr_samples": 2, "ptr_scorers": "strict+flexible"}
    chosen = {"ptr_gsm8k": [9, 1, 12, 0]}
    lm = ScriptedLM(refuses=(12, 3))
    results = evaluate_into(tmp_path / "run", lm, settings, samples=chosen, num_fewshot=2)
    return tmp_path / "run", results


def test_a_saved_run_rescored_is_the_same(run: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, before = run
    (after,), flips = rescore(folder, tmp_path / "again", metadata={})
    assert flips == []
    assert (tmp_path / "again" / "verdict_changes.jsonl").read_text() == ""
    assert after["results"] == before["results"]
    sections = [results["configs"]["ptr_gsm8k"]["ptr"] for results in (before, after)]
    assert sections[0] == sections[1]
    assert sections[0]["seconds"]
    old, new = saved_rows(folder), saved_rows(tmp_path / "again")
    assert {row["doc_id"] for row in new} == {9, 1, 12, 0}
    for row in new:
        (same,) = (other for other in old if other["doc_id"] == row["doc_id"])
        for key in ("doc", "target", "arguments", "resps", "filtered_resps", "score@3"):
            assert row.get(key) == same.get(key)


def test_a_run_is_rescored_without_its_data(
    sums: Path, run: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, before = run
    hidden = sums.rename(tmp_path / "hidden")
    try:
        (after,), _ = rescore(folder, tmp_path / "again", metadata={})
    finally:
        hidden.rename(sums)
    assert after["results"] == before["results"]


def test_a_rescored_run_can_be_rescored(run: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, before = run
    rescore(folder, tmp_path / "once", metadata={})
    (after,), flips = rescore(tmp_path / "once", tmp_path / "twice", metadata={})
    assert flips == []
    assert after["results"] == before["results"]


def test_other_scorers_list_the_verdicts_they_change(sums: Path, tmp_path: Path) -> None:
    def answer(question: int, round_: int) -> str:
        if (question, round_) == (1, 2):
            return f"Not {gold(1)}. The answer is 7."
        return f"The answer is {gold(question)}."

    settings = {"ptr_data": str(sums), "ptr_rounds": 2}
    evaluate_into(tmp_path / "run", ScriptedLM(answer), settings, limit=3)
    out = tmp_path / "again"
    (after,), flips = rescore(tmp_path / "run", out, metadata={"ptr_scorers": "upstream,strict"})
    (flip,) = flips
    assert (flip.task, flip.doc_id, flip.sample, flip.round) == ("ptr_gsm8k", 1, 0, 2)
    assert (flip.before, flip.after) == ("wrong", "correct")
    assert (flip.answer_before, flip.answer_after) == ("7", "101")
    assert (flip.how_before, flip.how_after) == ("is", "any number")
    assert str(flip) == ("ptr_gsm8k 1 round 2: wrong -> correct ('7' -> '101'): is -> any number")
    (line,) = (out / "verdict_changes.jsonl").read_text().splitlines()
    assert json.loads(line)["answer_after"] == "101"
    assert after["results"]["ptr_gsm8k"]["score@2,upstream"] == 1.0
    assert after["results"]["ptr_gsm8k"]["exact_match@2,strict"] == pytest.approx(2 / 3)


def test_subject_and_level_survive_in_the_samples(tmp_path: Path) -> None:
    data = write(tmp_path / "data", {"math/test.jsonl": lines(MATH)})
    settings = {"ptr_data": str(data), "ptr_rounds": 1, **FAST}

    class Half(ScriptedLM):
        def _respond(self, prompt: str, settings: dict[str, Any]) -> str:
            return "It is \\boxed{1/2}."

    evaluate_into(tmp_path / "run", Half(), settings, "ptr_math")
    rescore(tmp_path / "run", tmp_path / "again", metadata={})
    for folder in ("run", "again"):
        rows = saved_rows(tmp_path / folder, "ptr_math")
        assert [row["doc"]["level"] for row in rows] == [2, 4, 1, 3]
        assert {row["doc"]["subject"] for row in rows} == {"Prealgebra"}


def spoil_version(results: Path) -> None:
    saved = json.loads(results.read_text())
    saved["configs"]["ptr_gsm8k"]["ptr"] |= {"format": 0, "version": "0.0.9"}
    results.write_text(json.dumps(saved))


def spoil_samples(results: Path) -> None:
    (file,) = results.parent.glob("samples_*.jsonl")
    file.write_text('{"doc_id": 0}\n')


def drop_samples(results: Path) -> None:
    for file in results.parent.glob("samples_*.jsonl"):
        file.unlink()


def drop_tasks(results: Path) -> None:
    results.write_text(json.dumps({"configs": {"hellaswag": {}}}))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            spoil_version,
            r"was written by ptr-eval 0\.0\.9, which this version cannot read; use that version",
        ),
        (spoil_samples, r"samples_ptr_gsm8k_.*\.jsonl, row 1: not a sample of ptr-eval"),
        (drop_samples, r"samples_ptr_gsm8k_.*\.jsonl is missing; run lm_eval with --log_samples"),
        (drop_tasks, r"has no ptr_\* task to read: .*own tasks \(hellaswag\)"),
        (lambda results: results.write_text("{"), r"is not a whole results file of lm_eval"),
        (lambda results: results.write_text("[]"), r"json is not a results file of lm_eval"),
        (lambda results: results.unlink(), r"holds no results_\*\.json"),
    ],
    ids=["version", "samples", "no samples", "no task", "not json", "other json", "no results"],
)
def test_a_run_that_cannot_be_read_is_refused_and_nothing_written(
    run: tuple[Path, dict[str, Any]],
    tmp_path: Path,
    spoil: Callable[[Path], Any],
    message: str,
) -> None:
    copy = shutil.copytree(run[0], tmp_path / "copy")
    spoil(newest_results(copy))
    with pytest.raises(UserError, match=message) as caught:
        rescore(copy, tmp_path / "again", metadata={})
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "again").exists()


def test_a_wrong_setting_leaves_the_folder_as_it_was(
    run: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    rescore(run[0], tmp_path / "again", metadata={})
    before = {path: path.read_bytes() for path in (tmp_path / "again").rglob("*") if path.is_file()}
    with pytest.raises(UserError, match="ptr_scorers=nope"):
        rescore(run[0], tmp_path / "again", metadata={"ptr_scorers": "nope"})
    after = {path: path.read_bytes() for path in (tmp_path / "again").rglob("*") if path.is_file()}
    assert after == before


# Settings of answers that exist already


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ptr_rounds": 2}, "ptr_rounds=2: decided when the run was asked (ptr_rounds=3), and sc"),
        ({"ptr_instruction": "critical"}, "ptr_instruction=critical: decided when the run was a"),
        ({"ptr_protocol": "resample"}, "ptr_protocol=resample: decided when the run was asked ("),
        ({"ptr_seed": 7}, "ptr_seed=7: decided when the run was asked (ptr_seed=1234), and scor"),
        ({"ptr_ledger": "x"}, "ptr_ledger=x: decided when the run was asked (ptr_ledger=None), a"),
        ({"ptr_speed": 7}, "ptr_speed: unknown setting; known are "),
    ],
    ids=str,
)
def test_how_a_run_was_asked_cannot_be_changed_by_scoring_it_again(
    run: tuple[Path, dict[str, Any]], tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError) as caught:
        rescore(run[0], tmp_path / "again", metadata=given)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "again").exists()


def test_what_a_run_was_asked_with_may_be_said_again(
    run: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    same = {
        "ptr_rounds": "3",
        "ptr_instruction": "neutral",
        "ptr_data": run_settings(run[1])["data"],
    }
    (after,), _ = rescore(run[0], tmp_path / "again", metadata=same)
    assert after["results"] == run[1]["results"]


def run_settings(results: dict[str, Any], task: str = "ptr_gsm8k") -> dict[str, Any]:
    settings: dict[str, Any] = results["configs"][task]["ptr"]["settings"]
    return settings


def test_what_was_asked_stays_as_it_was_recorded(sums: Path, tmp_path: Path) -> None:
    """The files that the run used may be gone, or be others now."""
    text = tmp_path / "doubt.txt"
    text.write_text("Are you sure? Answer again.")
    first = tmp_path / "first"
    evaluate_into(first, ScriptedLM(), {"ptr_data": str(sums), "ptr_rounds": 1}, limit=2)
    asked = {
        "ptr_data": str(sums), "ptr_rounds": 2, "ptr_instruction": str(text),
        "ptr_first_round": str(first), "ptr_ledger": str(tmp_path / "ledger"), "ptr_seed": 5,
    }  # fmt: skip
    before = evaluate_into(
        tmp_path / "run", ScriptedLM(), asked, limit=2, num_fewshot=1, gen_kwargs="max_gen_toks=9"
    )
    shutil.rmtree(first)
    text.write_text("Something else.")
    (after,), changes = rescore(
        tmp_path / "run", tmp_path / "again", metadata={"ptr_kept": "refuse"}
    )
    assert changes == []
    old, new = (results["configs"]["ptr_gsm8k"] for results in (before, after))
    assert new["ptr"]["settings"] == {**old["ptr"]["settings"], "kept": "refuse"}
    assert new["ptr"]["instruction"] == "Are you sure? Answer again."
    assert new["ptr"]["first_round_model"] == old["ptr"]["first_round_model"]
    assert new["generation_kwargs"] == old["generation_kwargs"]
    assert after["n-shot"] == before["n-shot"] == {"ptr_gsm8k": 1}


def test_a_run_of_predictions_alone_is_scored_later(sums: Path, tmp_path: Path) -> None:
    settings = {"ptr_data": str(sums)}
    evaluate_into(tmp_path / "run", ScriptedLM(), settings, limit=4, predict_only=True)
    (after,), changes = rescore(tmp_path / "run", tmp_path / "again", metadata={})
    scored = evaluate_into(tmp_path / "scored", ScriptedLM(), settings, limit=4)
    assert after["results"] == scored["results"]
    assert changes == []


@pytest.mark.parametrize("name", ["o/x.json", "x.json", "o/results.json", "o"])
def test_results_are_read_wherever_lm_eval_wrote_them(
    sums: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = {"ptr_data": str(sums), **FAST}
    evaluate_into(Path(name), ScriptedLM(), settings, limit=2)
    folder = Path(name).parent if name.endswith(".json") else Path(name)
    file = newest_results(folder)
    for run in (folder, file):
        assert rescore(run, tmp_path / "again", metadata={})[1] == []


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("file", "--out {}/file: is a file; name the folder to write to."),
        ("new.json", "--out {}/new.json: is a file; name the folder to write to."),
        ("file/below", "--out {0}/file/below: {0}/file is not a folder; name another place."),
    ],
)
def test_a_place_that_is_no_folder_is_refused_before_anything_is_computed(
    run: tuple[Path, dict[str, Any]], tmp_path: Path, out: str, message: str
) -> None:
    (tmp_path / "file").write_text("mine")
    responses = write_responses(tmp_path / "r.jsonl", [{"doc_id": 0, "responses": ["100"]}])
    for command in (
        lambda: rescore(run[0], tmp_path / out, metadata={}),
        lambda: score("ptr_gsm8k", responses, tmp_path / out, metadata={"ptr_data": "/nowhere"}),
    ):
        with pytest.raises(UserError) as caught:
            command()
        assert str(caught.value) == message.format(tmp_path)
    assert (tmp_path / "file").read_text() == "mine"


def test_responses_that_have_no_room_are_refused(sums: Path, tmp_path: Path) -> None:
    responses = write_responses(tmp_path / "r.jsonl", [{"doc_id": 3, "responses": ["100"] * 3}])
    metadata = {"ptr_data": str(sums), "ptr_rounds": 2}
    with pytest.raises(UserError, match=r"document 3 has 3 responses, and ptr_rounds=2 has room f"):
        score("ptr_gsm8k", responses, tmp_path / "out", metadata=metadata)
    with pytest.raises(UserError, match=r"^ptr_ledger, ptr_seed: `score` asks no model; leave"):
        score("ptr_gsm8k", responses, tmp_path / "out", metadata={"ptr_seed": 1, "ptr_ledger": "x"})


def test_several_samples_of_each_question_are_several_dialogues(sums: Path, tmp_path: Path) -> None:
    rows = [{"doc_id": 0, "responses": ["100", "7", "100", "100"]}]
    responses = write_responses(tmp_path / "r.jsonl", rows)
    metadata = {"ptr_data": str(sums), "ptr_samples": 2, **FAST}
    results = score("ptr_gsm8k", responses, tmp_path / "out", metadata=metadata)
    assert by_round(results) == [1.0, 0.5]


def test_a_task_that_only_scores_needs_no_question_in_its_prompt(
    sums: Path, tmp_path: Path
) -> None:
    text = (tasks_path() / "ptr_gsm8k.yaml").read_text().replace("{{question}}", "It.")
    (tmp_path / "own.yaml").write_text(text)
    responses = write_responses(tmp_path / "r.jsonl", [{"doc_id": 0, "responses": ["100"]}])
    own = str(tmp_path / "own.yaml")
    results = score(own, responses, tmp_path / "out", metadata={"ptr_data": str(sums), **FAST})
    assert by_round(results) == [1.0]


# Scorers that not every task has


@pytest.fixture
def two_tasks(sums: Path, tmp_path: Path) -> Path:
    data = write(tmp_path / "data", FORMS["arc_easy"].files)
    shutil.copytree(sums / "gsm8k", data / "gsm8k")
    settings = {"ptr_data": str(data), "ptr_rounds": 1}
    evaluate_into(tmp_path / "run", Anything(), settings, "ptr_gsm8k", "ptr_arc_easy", limit=2)
    return tmp_path / "run"


class Anything(ScriptedLM):
    def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
        return "Not 100. The answer is 7."


def test_tasks_that_lack_a_scorer_keep_their_own(
    two_tasks: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (results,), _ = rescore(two_tasks, tmp_path / "out", metadata={"ptr_scorers": "flexible"})
    assert "exact_match@1,flexible" in results["results"]["ptr_gsm8k"]
    assert "exact_match@1,strict" not in results["results"]["ptr_gsm8k"]
    assert {"acc@1,strict", "acc@1,upstream"} <= results["results"]["ptr_arc_easy"].keys()
    assert run_settings(results)["scorers"] == ("flexible",)
    assert run_settings(results, "ptr_arc_easy")["scorers"] == ()
    assert "ptr_scorers: ptr_arc_easy has no scorer flexible; it keeps its own." in caplog.messages
    # One run, as before.
    again = {saved.task: saved.description.applied[0] for saved in read_run(tmp_path / "out")}
    assert again == {"ptr_gsm8k": "flexible", "ptr_arc_easy": "strict"}


def test_a_run_keeps_the_scorers_of_tasks_that_lack_one(
    sums: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = write(tmp_path / "data", FORMS["arc_easy"].files)
    shutil.copytree(sums / "gsm8k", data / "gsm8k")
    settings = {"ptr_data": str(data), "ptr_rounds": 1, "ptr_scorers": "flexible+strict"}
    results = evaluate(Anything(), settings, ["ptr_gsm8k", "ptr_arc_easy"], limit=1)
    assert run_settings(results)["scorers"] == ("flexible", "strict")
    assert run_settings(results, "ptr_arc_easy")["scorers"] == ("strict",)
    said = "ptr_scorers: ptr_arc_easy has no scorer flexible; it is scored by strict."
    assert said in caplog.messages


def test_a_scorer_that_no_task_has_is_refused(two_tasks: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        rescore(two_tasks, tmp_path / "out", metadata={"ptr_scorers": "upstream+lax"})
    assert str(caught.value) == (
        "ptr_scorers=lax: no task has it; they have the scorers strict, upstream, flexible."
    )


# The table


def test_the_table_has_a_column_a_round(run: tuple[Path, dict[str, Any]]) -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in rounds_table(run[1]).splitlines()
    ]
    assert rows[0] == ["task", "scorer", "measure", "round 1", "round 2", "round 3"]
    shown = {(row[1], row[2]): row[3:] for row in rows[2:]}
    assert shown["strict", "exact_match"][0].startswith("0.500 ± ")
    assert shown["strict", "fixed"][0] == ""
    assert shown["strict", "failed"] == ["0.000", "0.000", "0.250"]
    assert shown["strict", "kept"] == ["0.000"] * 3
    assert ("flexible", "exact_match") in shown
    assert all(len(row) == 6 for row in rows[2:])
