"""Models in the configuration, and what they write."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ptr_data.methods.ptr.prompts import weak_opening
from ptr_data.models.model import (
    GenerationSettings,
    LoadedModel,
    Prompt,
    TextModelSettings,
    open_model,
)
from ptr_data.records import GeneratedText
from ptr_eval.config import checked
from ptr_eval.errors import UserError
from ptr_eval.thinking import visible_answer
from tests.chat_server import ChatServer
from tests.ptr_data.models.scripted import TextLM, done, queries, query
from tests.scripted_lm import WordLM
from tests.thinking_lm import VLLM


def settings(folder: Path, **given: Any) -> TextModelSettings:
    return checked({"name": "m", "backend": "hf", **given}, TextModelSettings, folder / "c.yaml")


def prompts(*numbers: int) -> list[Prompt]:
    return [Prompt(q, weak_opening(q.text)) for q in queries(numbers)]


# Configuration


def test_the_published_generation_settings_are_a_preset_and_the_default(tmp_path: Path) -> None:
    chosen = settings(tmp_path, generation="published").generation
    assert chosen == GenerationSettings() == settings(tmp_path).generation
    assert chosen.to_lm_eval() == {
        "until": [], "max_gen_toks": 2048, "do_sample": True,
        "temperature": 0.95, "top_p": 0.9, "top_k": 30,
    }  # fmt: skip


def test_generation_settings_can_be_changed_one_by_one() -> None:
    greedy = GenerationSettings(temperature=0, stop=["\n\n"], max_new_tokens=8)
    assert greedy.to_lm_eval() == {
        "until": ["\n\n"], "max_gen_toks": 8, "do_sample": False, "temperature": 0.0,
    }  # fmt: skip
    free = GenerationSettings(top_k=None, top_p=None).to_lm_eval()
    assert free.keys() == {"until", "max_gen_toks", "do_sample", "temperature"}


def test_paths_are_taken_from_the_configuration_file_s_folder(tmp_path: Path) -> None:
    args = {"pretrained": "./models/one", "tokenizer": "org/name", "batch_size": 4}
    assert settings(tmp_path, args=args).args == {
        "pretrained": str(tmp_path / "models" / "one"), "tokenizer": "org/name", "batch_size": 4,
    }  # fmt: skip
    recorded = settings(tmp_path, backend="recorded", args={"file": "made.jsonl"})
    assert recorded.args == {"file": str(tmp_path / "made.jsonl")}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"generation": "publishd"}, "`generation`: must be a mapping, or `published`"),
        ({"generation": {"top_p": 0.0}}, "`generation.top_p`"),
        ({"generation": {"max_new_tokens": 0}}, "`generation.max_new_tokens`"),
        ({"name": "a/b"}, "`name`"),
        ({"strategy": "luck"}, "`strategy`"),
        ({"backend": "recorded"}, "must have the one key `file`"),
        ({"backend": "recorded", "args": {"file": "f", "x": 1}}, "must have the one key `file`"),
        ({"args": {"revision": "a"}, "revision": "b"}, "`revision`: must not be given in `args`"),
    ],
)
def test_an_impossible_model_is_refused(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        settings(tmp_path, **given)
    assert said in str(caught.value)


# Backends of lm-eval


def test_a_model_writes_several_samples_without_its_thinking(tmp_path: Path) -> None:
    lm = TextLM(lambda prompt: f"<think>hm</think>On {prompt.split()[2]} four words.")
    model = LoadedModel(settings(tmp_path), lm)
    found = done(model.generate(prompts(1, 2), 2))
    assert [[g.text for g in drawn] for drawn in found] == [
        [f"On {n}? four words."] * 2 for n in (1, 2)
    ]
    assert found[0][0] == GeneratedText("On 1? four words.", "m", 9)  # 36 bytes / 4.
    kept = done(LoadedModel(settings(tmp_path, thinking_end=""), lm).generate(prompts(1), 1))
    assert kept[0][0].text.startswith("<think>")


@pytest.mark.parametrize("value", ["none", "null", "", None])
def test_no_thinking_mark_can_be_asked_for(tmp_path: Path, value: str | None) -> None:
    assert settings(tmp_path, thinking_end=value).thinking_end == ""


@pytest.mark.parametrize(
    ("written", "kept", "left"),
    [
        ("Hmm, it is 4. But", "<think>\nHmm, it is 4. But", ""),
        ("Hm</think>It is 4.", "<think>\nHm</think>It is 4.", "It is 4."),
        ("Hm</think>It is 4. </think>", "<think>\nHm</think>It is 4. </think>", "It is 4."),
        ("It is 4.", "It is 4.", "It is 4."),
    ],
    ids=["cut", "thought", "two end marks", "no mark"],
)
def test_a_thought_that_the_template_opened_is_known_as_one(
    tmp_path: Path, written: str, kept: str, left: str
) -> None:
    lm = VLLM(lambda question, round_: written)
    asked = [Prompt(q, weak_opening(q.text)) for q in [query("[q1]")]]
    for keep_thinking, wanted in ((True, kept), (False, left)):
        model = LoadedModel(settings(tmp_path), lm, keep_thinking)
        ((found,),) = done(model.generate(asked, 1))
        assert found.text == wanted
        assert found.full == (written[-1] == "t")
        assert visible_answer(found.text) == left


@pytest.mark.parametrize("keep_thinking", [True, False])
def test_an_end_mark_after_a_closed_block_is_left_out(
    tmp_path: Path, keep_thinking: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VLLM, "opens", "<think>\n\n</think>\n\n")
    lm = VLLM(lambda question, round_: "It is 4.\n</think>")
    asked = [Prompt(q, weak_opening(q.text)) for q in [query("[q1]")]]
    ((found,),) = done(LoadedModel(settings(tmp_path), lm, keep_thinking).generate(asked, 1))
    assert found.text == "It is 4."


def test_a_text_of_as_many_tokens_as_allowed_is_full(tmp_path: Path) -> None:
    lm = WordLM(lambda question, round_: " ".join(["word"] * question))
    model = LoadedModel(settings(tmp_path, generation={"max_new_tokens": 5}), lm)
    asked = [Prompt(q, weak_opening(q.text)) for q in map(query, ["[q4]", "[q5]"])]
    assert [g.full for (g,) in done(model.generate(asked, 1))] == [False, True]


def test_a_prompt_too_long_for_the_context_has_failed(tmp_path: Path) -> None:
    model = LoadedModel(
        settings(tmp_path, generation={"max_new_tokens": 5}, context=20),
        WordLM(lambda question, round_: "fine"),
    )
    asked = [Prompt(q, weak_opening(q.text)) for q in map(query, ["[q1]", "[q1]" + " x" * 30])]
    assert [g.failed for (g,) in done(model.generate(asked, 1))] == [
        None, "the prompt is too long for the model's context",
    ]  # fmt: skip


def test_a_real_model_is_loaded_when_first_asked_and_let_go_of(
    tmp_path: Path, tiny_model: Path
) -> None:
    args = {"pretrained": str(tiny_model), "device": "cpu", "batch_size": 2}
    model = open_model(settings(tmp_path, args=args, generation={"max_new_tokens": 12}), tmp_path)
    assert isinstance(model, LoadedModel)
    assert model.lm is None
    first = done(model.generate(prompts(1, 2, 3), 2))
    assert len({g.text for drawn in first for g in drawn}) == 6
    assert all(g.full and g.tokens > 0 and g.failed is None for drawn in first for g in drawn)
    model.close()
    assert model.lm is None
    assert done(model.generate(prompts(1, 2, 3), 2)) == first
    assert done(model.generate([], 2)) == []


def test_samples_depend_on_seed_and_name_not_on_where_the_model_lies(
    tmp_path: Path, tiny_model: Path
) -> None:
    copy = shutil.copytree(tiny_model, tmp_path / "copy", copy_function=shutil.copyfile)

    def drawn(folder: Path, name: str, seed: int) -> list[list[GeneratedText]]:
        args = {"pretrained": str(folder), "device": "cpu", "batch_size": 2}
        generation = {"max_new_tokens": 12, "seed": seed}
        chosen = settings(tmp_path, name=name, args=args, generation=generation)
        found = done(open_model(chosen, tmp_path).generate(prompts(1, 2, 3), 2))
        return [[replace(g, model="m") for g in samples] for samples in found]

    first = drawn(tiny_model, "m", 1)
    assert drawn(copy, "m", 1) == first
    others = [drawn(tiny_model, "m", 2), drawn(tiny_model, "n", 1)]
    assert first not in others
    assert others[0] != others[1]


def test_a_revision_is_handed_to_the_backend(tmp_path: Path, tiny_model: Path) -> None:
    args = {"pretrained": str(tiny_model), "device": "cpu"}
    model = open_model(
        settings(tmp_path, args=args, revision="v2", generation={"max_new_tokens": 1}), tmp_path
    )
    assert isinstance(model, LoadedModel)
    done(model.generate(prompts(1), 1))
    assert model.lm.revision == "v2"


def test_a_server_is_a_model_too(tmp_path: Path) -> None:
    with ChatServer(lambda question, round_: 400 if question == 1 else "yes") as server:
        args = {"model": "m", "base_url": server.url, "max_retries": 1}
        model = open_model(
            settings(tmp_path, backend="local-chat-completions", args=args), tmp_path
        )
        asked = [Prompt(q, weak_opening(q.text)) for q in map(query, ["[q0]", "[q1]"])]
        (good,), (bad,) = done(model.generate(asked, 1))
    assert (good.text, good.failed) == ("yes", None)
    assert "400" in str(bad.failed)
    assert server.payloads[0]["top_k"] == 30


# Recorded generations


def test_recorded_texts_are_looked_up_and_missing_ones_failed(tmp_path: Path) -> None:
    rows = [
        {"query": "What is 1?", "model": "m", "texts": ["<think>a</think>one", None]},
        {"query": "What is 2?", "model": "m", "texts": ["two"], "tokens": [2048]},
        {"query": "What is 3?", "model": "other", "texts": ["three"]},
    ]
    (tmp_path / "made.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    chosen = settings(tmp_path, backend="recorded", args={"file": "made.jsonl"})
    model = open_model(chosen, tmp_path / "work")
    missing = GeneratedText("", "m", 0, failed="no text is recorded")
    assert done(model.generate(prompts(2, 1, 3), 2)) == [
        [GeneratedText("two", "m", 2048, full=True), missing],
        [GeneratedText("one", "m", 5), missing],
        [missing, missing],
    ]
    model.close()


def test_a_missing_file_of_generations_is_found_out_at_once(tmp_path: Path) -> None:
    chosen = settings(tmp_path, backend="recorded", args={"file": "none.jsonl"})
    with pytest.raises(UserError, match=r"none.jsonl cannot be read"):
        open_model(chosen, tmp_path)
