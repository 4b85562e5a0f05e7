"""Runs that were interrupted, and run again: nothing is lost, nothing stale comes back."""

import json
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from lm_eval.models.huggingface import HFLM

from tests.counting_model import make_model
from tests.ptr_eval.harness.interrupted import interrupt
from tests.ptr_eval.harness.killed import complete, kill_within, model_run, scripted_run
from tests.scripted_lm import QUESTIONS, ScriptedLM, by_round, evaluate, samples

SAMPLED = "do_sample=True,temperature=1.0,max_gen_toks=24"
GREEDY = "max_gen_toks=24"
SEQUENTIAL: dict[str, Any] = {"ptr_rounds": 2}
PARALLEL: dict[str, Any] = {"ptr_protocol": "parallel", "ptr_candidates": 3}
RUNS = pytest.mark.parametrize(
    ("protocol", "generation"),
    [(SEQUENTIAL, GREEDY), (SEQUENTIAL, SAMPLED), (PARALLEL, SAMPLED)],
    ids=["greedy", "sampled", "parallel"],
)


@pytest.fixture
def settings(sums: Path, tmp_path: Path) -> dict[str, Any]:
    ledger = str(tmp_path / "ledger")
    return {"ptr_data": str(sums), "ptr_scorers": "strict", "ptr_ledger": ledger, "ptr_chunk": 4}


def test_a_second_run_asks_nothing_and_finds_the_same(settings: dict[str, Any]) -> None:
    first = evaluate(ScriptedLM(), settings)
    again = ScriptedLM()
    second = evaluate(again, settings)
    assert again.prompts == []
    assert second["results"] == first["results"]
    assert second["samples"] == first["samples"]


@pytest.mark.parametrize("stop", [0, 1, 4, 19, 20, 21, 42, 59])
def test_an_interrupted_run_goes_on_where_it_stopped(settings: dict[str, Any], stop: int) -> None:
    alone = evaluate(ScriptedLM(), {**settings, "ptr_ledger": "none"})
    with pytest.raises(KeyboardInterrupt):
        evaluate(ScriptedLM(stops_after=stop), settings)
    lm = ScriptedLM()
    resumed = evaluate(lm, settings)
    kept = stop // 4 * 4  # Whole batches of four.
    assert len(lm.prompts) == 3 * QUESTIONS - kept
    assert resumed["results"] == alone["results"]
    assert resumed["samples"] == alone["samples"]


def test_samples_and_rounds_never_share_an_answer(settings: dict[str, Any]) -> None:
    chosen = {**settings, "ptr_protocol": "resample", "ptr_samples": 3, "ptr_rounds": 2}
    counter = iter(range(1000))

    def numbered(question: int, round_: int) -> str:
        return f"Answer {next(counter)}. The answer is 100."

    first = evaluate(ScriptedLM(numbered), chosen, limit=2)
    again = evaluate(lm := ScriptedLM(numbered), chosen, limit=2)
    texts = [text for sample in samples(again) for (text,) in sample["resps"]]
    assert lm.prompts == []
    assert len(set(texts)) == 12
    assert again["samples"] == first["samples"]


@pytest.mark.parametrize(
    ("change", "options", "kept"),
    [
        ({"ptr_instruction": "null"}, {}, QUESTIONS),  # The first round is the same.
        ({}, {"gen_kwargs": "max_gen_toks=99"}, 0),
        ({}, {"gen_kwargs": "temperature=0.3"}, 0),
        ({"ptr_seed": "none"}, {}, 0),
        ({}, {"num_fewshot": 1}, 0),
        ({}, {"system_instruction": "Be brief."}, 0),
    ],
    ids=str,
)
def test_a_changed_run_takes_no_old_answer(
    settings: dict[str, Any], change: dict[str, Any], options: dict[str, Any], kept: int
) -> None:
    evaluate(ScriptedLM(), settings)
    lm, fresh = ScriptedLM(always_new), ScriptedLM(always_new)
    evaluate(lm, {**settings, **change}, **options)
    evaluate(fresh, {**settings, **change, "ptr_ledger": "none"}, **options)
    assert len(lm.prompts) == len(fresh.prompts) - kept


def always_new(question: int, round_: int) -> str:
    return "Another answer: 7."


def test_a_longer_run_keeps_the_rounds_of_a_shorter_one(settings: dict[str, Any]) -> None:
    evaluate(ScriptedLM(), {**settings, "ptr_rounds": 2}, limit=6)
    lm = ScriptedLM()
    results = evaluate(lm, {**settings, "ptr_rounds": 3})
    assert len(lm.prompts) == 3 * QUESTIONS - 2 * 6
    assert by_round(results) == [0.4, 0.7, 0.6]


def test_new_weights_under_the_same_path_are_asked_again(
    settings: dict[str, Any], tiny_model: Path, tmp_path: Path
) -> None:
    model = shutil.copytree(tiny_model, tmp_path / "model")

    def responses(**change: str) -> list[Any]:
        results = evaluate(
            "hf",
            {**settings, "ptr_rounds": 2, **change},
            model_args={"pretrained": str(model)},
            device="cpu",
            batch_size=2,
            limit=2,
            gen_kwargs="max_gen_toks=8",
        )
        return [sample["resps"] for sample in samples(results)]

    old = responses()
    assert responses() == old
    make_model(model, seed=1)
    new = responses()
    assert new != old
    assert new == responses(ptr_ledger="none")


@RUNS
@pytest.mark.parametrize("stop", [0, 1, 4])
def test_an_interrupted_model_draws_what_it_would_have_drawn(
    settings: dict[str, Any],
    tiny_lm: HFLM,
    protocol: dict[str, Any],
    generation: str,
    stop: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = {**settings, "ptr_samples": 2, **protocol}
    options: dict[str, Any] = {
        "limit": 3, "apply_chat_template": True, "gen_kwargs": generation
    }  # fmt: skip
    alone = evaluate(tiny_lm, {**chosen, "ptr_ledger": "none"}, **options)
    answers = [text for sample in samples(alone) for (text,) in sample["resps"]]
    batches = len(answers) // 2
    assert batches == (6 if protocol is SEQUENTIAL else 12)
    assert generation == GREEDY or len(set(answers)) == len(answers)
    calls = interrupt(tiny_lm, stop, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        evaluate(tiny_lm, chosen, **options)
    resumed = evaluate(tiny_lm, chosen, **options)
    assert next(calls) == batches + 1  # All batches, and the call that was interrupted.
    assert resumed["results"] == alone["results"]
    assert resumed["samples"] == alone["samples"]


def test_a_batch_of_which_a_part_was_lost_is_drawn_again_as_a_whole(
    settings: dict[str, Any], tiny_lm: HFLM
) -> None:
    options: dict[str, Any] = {
        "limit": 4, "apply_chat_template": True, "gen_kwargs": SAMPLED
    }  # fmt: skip
    first = evaluate(tiny_lm, settings, **options)
    with closing(sqlite3.connect(settings["ptr_ledger"])) as ledger, ledger:
        lost = ledger.execute("DELETE FROM generations WHERE rowid % 2 = 0").rowcount
    assert lost == 6
    second = evaluate(tiny_lm, settings, **options)
    assert second["samples"] == first["samples"]


def test_killed_runs_end_like_an_undisturbed_one(sums: Path, tmp_path: Path) -> None:
    rng = random.Random(0)
    alone, out = tmp_path / "alone.json", tmp_path / "out.json"
    complete(scripted_run, sums, ledger=tmp_path / "warm", out=alone)  # Starts the server.
    seconds = complete(scripted_run, sums, ledger=tmp_path / "other", out=alone)
    ledger = tmp_path / "ledger"
    killed = [
        kill_within(seconds, rng, scripted_run, sums, ledger=ledger, out=out) for _ in range(4)
    ]
    assert any(killed)
    complete(scripted_run, sums, ledger=ledger, out=out)
    expected, found = json.loads(alone.read_text()), json.loads(out.read_text())
    assert found["asked"] < expected["asked"] == 3 * QUESTIONS
    assert found["results"] == expected["results"]
    assert found["samples"] == expected["samples"]


@pytest.mark.slow
@pytest.mark.timeout(1200)
@RUNS
def test_a_model_killed_at_twenty_random_moments_ends_like_an_undisturbed_one(
    sums: Path, tiny_model: Path, tmp_path: Path, protocol: dict[str, Any], generation: str
) -> None:
    rng = random.Random(1)
    arguments = (
        tiny_model,
        {"ptr_rounds": 3} if protocol is SEQUENTIAL else protocol,
        generation,
        sums,
    )
    alone = tmp_path / "alone.json"
    complete(model_run, *arguments, ledger=tmp_path / "warm", out=alone)
    seconds = complete(model_run, *arguments, ledger=tmp_path / "other", out=alone)
    expected = json.loads(alone.read_text())
    assert len({text for s in expected["samples"]["ptr_gsm8k"] for (text,) in s["resps"]}) > 7
    killed = 0
    while killed < 20:
        ledger, out = tmp_path / f"ledger{killed}", tmp_path / f"out{killed}.json"
        if kill_within(seconds, rng, model_run, *arguments, ledger=ledger, out=out):
            complete(model_run, *arguments, ledger=ledger, out=out)
            found = json.loads(out.read_text())
            assert found == expected
            killed += 1
