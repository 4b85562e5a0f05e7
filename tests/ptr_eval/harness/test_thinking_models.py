"""A thought that the template opened and the limit cut is no answer, wherever replies are read."""

import json
from pathlib import Path
from typing import Any

import pytest
from lm_eval.models.huggingface import HFLM

from ptr_eval.best_of_n.candidates import read_groups
from ptr_eval.conversation import Conversation
from ptr_eval.harness.ask_desk import AskedOpenings, Replies, Sampling
from ptr_eval.harness.asks import Work, carry_out
from ptr_eval.harness.rescore import rescore
from ptr_eval.harness.settings import TaskSettings
from tests.scripted_lm import ScriptedLM, by_round, evaluate, evaluate_into, records, samples
from tests.thinking_lm import VLLM, cut_or_whole

CHAT: dict[str, Any] = {"apply_chat_template": True, "limit": 4, "log_samples": True}
GROUPS: dict[str, Any] = {"ptr_protocol": "parallel", "ptr_candidates": 2, "ptr_rounds": 2}


@pytest.fixture
def settings(sums: Path) -> dict[str, Any]:
    return {"ptr_data": str(sums), "ptr_scorers": "strict", "ptr_rounds": 2}


def verdicts(results: dict[str, Any], round_: int = 1) -> list[str]:
    return [
        records(sample)[round_ - 1]["scores"]["strict"]["verdict"] for sample in samples(results)
    ]


def test_a_cut_thought_is_neither_scored_nor_carried_on(settings: dict[str, Any]) -> None:
    lm = VLLM(cut_or_whole)
    results = evaluate(lm, settings, **CHAT)
    for round_ in (1, 2):
        assert verdicts(results, round_) == ["unparsed", "correct", "correct", "correct"]
    assert by_round(results, "no_answer") == [0.25, 0.25]
    assert not any("But wait" in prompt or "Is it 7?" in prompt for prompt in lm.prompts)
    assert [records(s)[0]["visible_tokens"] for s in samples(results)] == [0, 4, 4, 4]
    assert samples(results)[0]["resps"][0] == [cut_or_whole(0, 1)]


def test_a_real_model_that_is_cut_while_it_thinks_has_no_answer(
    tiny_lm: HFLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    def template(messages: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
        return f"{messages[-1]['content']}\n{opens}"

    def work() -> Work[Replies]:
        sampling = Sampling({"until": [], "max_gen_toks": 6, "do_sample": False})
        (replies,) = yield [
            AskedOpenings(tiny_lm, [Conversation.ask("What is [q1]?")], sampling, chat=True)
        ]
        return replies

    monkeypatch.setattr(tiny_lm, "apply_chat_template", template)
    for opens in ("<think>\n", ""):
        (((reply,),),) = carry_out([work()])
        assert reply.finish_reason == "length"
        assert reply.visible().cut_off == bool(opens)
        assert reply.visible().text == ("" if opens else reply.response)
        assert bool(reply.visible_tokens) == (not opens)


def test_a_run_from_a_ledger_knows_cut_thoughts(settings: dict[str, Any], tmp_path: Path) -> None:
    settings["ptr_ledger"] = str(tmp_path / "ledger")
    before = evaluate(VLLM(cut_or_whole), settings, **CHAT)
    after = evaluate(resumed := VLLM(cut_or_whole), settings, **CHAT)
    assert resumed.prompts == []
    assert verdicts(after) == verdicts(before) == ["unparsed", "correct", "correct", "correct"]


def test_without_an_open_block_in_the_prompt_a_cut_text_is_an_answer(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VLLM, "opens", "")
    assert verdicts(evaluate(VLLM(cut_or_whole), settings, **CHAT)) == ["correct"] * 4


def test_a_closed_block_in_the_prompt_leaves_a_lone_end_mark_without_meaning(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(question: int, round_: int) -> str:
        return f"The answer is {100 + question}.\n</think>"

    assert verdicts(evaluate(VLLM(answer), settings, **CHAT)) == ["unparsed"] * 4
    monkeypatch.setattr(VLLM, "opens", "<think>\n\n</think>\n\n")
    assert verdicts(evaluate(VLLM(answer), settings, **CHAT)) == ["correct"] * 4


def test_a_cut_thought_is_no_candidate(settings: dict[str, Any]) -> None:
    lm = VLLM(cut_or_whole)
    results = evaluate(lm, {**settings, **GROUPS}, **CHAT)
    shown = [prompt for prompt in lm.prompts if "<candidate" in prompt]
    assert len(shown) == 3
    assert not any("But wait" in prompt for prompt in shown)
    assert verdicts(results) == ["unparsed", "correct", "correct", "correct"]


def test_best_of_n_reads_saved_candidates_the_same_way(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    evaluate_into(tmp_path / "run", VLLM(cut_or_whole), {**settings, **GROUPS}, **CHAT)
    (task,) = read_groups(tmp_path / "run")
    assert [group.texts for group in task.groups] == [
        ("", ""), *[(f"The answer is {100 + n}.",) * 2 for n in (1, 2, 3)],
    ]  # fmt: skip


def test_a_saved_run_is_scored_again_with_its_prompts_and_finish_reasons(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    evaluate_into(tmp_path / "run", VLLM(cut_or_whole), settings, **CHAT)
    (after,), changes = rescore(tmp_path / "run", tmp_path / "again", metadata={})
    assert changes == []
    assert by_round(after) == [0.75, 0.75]
    (file,) = (tmp_path / "run").rglob("samples_*.jsonl")
    file.write_text(file.read_text().replace('"finish_reason": "length"', '"finish_reason": null'))
    _, changes = rescore(tmp_path / "run", tmp_path / "unknown", metadata={})
    assert [(c.doc_id, c.round, c.before, c.after) for c in changes] == [
        (0, 1, "unparsed", "correct"), (0, 2, "unparsed", "correct"),
    ]  # fmt: skip


# No thinking mark


@pytest.mark.parametrize("value", ["none", "None", "null", "", None])
def test_no_thinking_mark_can_be_asked_for(settings: dict[str, Any], value: str | None) -> None:
    lm = ScriptedLM(lambda question, round_: f"The answer is {100 + question}, and none is left.")
    results = evaluate(lm, {**settings, "ptr_thinking_end": value}, limit=2)
    assert by_round(results) == [1.0, 1.0]
    assert lm.prompts[-1].count("The answer is 101, and none is left.") == 1
    assert results["configs"]["ptr_gsm8k"]["ptr"]["settings"]["thinking_end"] == ""


def test_a_thinking_block_is_an_answer_where_there_is_no_mark(settings: dict[str, Any]) -> None:
    lm = VLLM(cut_or_whole)
    results = evaluate(lm, {**settings, "ptr_thinking_end": "none"}, **CHAT)
    assert verdicts(results) == ["correct"] * 4
    assert any("But wait" in prompt for prompt in lm.prompts)


def test_a_mark_is_still_a_mark() -> None:
    assert TaskSettings.from_metadata({"ptr_thinking_end": "</none>"}).thinking_end == "</none>"
    assert TaskSettings.from_metadata({}).thinking_end == "</think>"


def test_a_saved_run_with_the_mark_none_is_read_without_a_mark(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    groups = {**settings, **GROUPS}
    evaluate_into(
        tmp_path / "run", VLLM(lambda *_: "I have none. The answer is 100."), groups, **CHAT
    )
    (file,) = (tmp_path / "run").rglob("results_*.json")
    saved = json.loads(file.read_text())
    saved["configs"]["ptr_gsm8k"]["ptr"]["settings"]["thinking_end"] = "none"
    file.write_text(json.dumps(saved))
    (task,) = read_groups(tmp_path / "run")
    assert task.groups[0].texts == ("I have none. The answer is 100.",) * 2
