"""What a real model is sent, token by token: template, system prompt, turns and stops."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.instructions import INSTRUCTIONS
from tests.real_model.conftest import Sent
from tests.real_model.made_up import SHOWN, SUMS
from tests.scripted_lm import evaluate, records, samples

pytestmark = pytest.mark.slow

ROUNDS = 3
ASKED = 4
LIMIT = 40
BEGIN, END = "<|im_start|>", "<|im_end|>"
DEFAULT = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
TRANSCRIPT_STOP = "\n\nQuestion:"
Dialogue = list[tuple[str, str, dict[str, Any]]]
"""The prompt, the response and the record of each round."""


def turn(role: str, text: str) -> str:
    return f"{BEGIN}{role}\n{text}{END}\n"


OPENED = turn("system", DEFAULT) + f"{BEGIN}user\nQuestion: "
ASKS = f"{BEGIN}assistant\n"


@pytest.fixture(scope="module")
def dialogues(lm: Any, made_up: Path, sent_in_module: Sent) -> list[Dialogue]:
    settings = {"ptr_data": str(made_up), "ptr_rounds": ROUNDS}
    results = evaluate(
        lm, settings, apply_chat_template=True, limit=ASKED, gen_kwargs={"max_gen_toks": LIMIT}
    )
    return [
        [
            (prompt, response, record)
            for (prompt, _, record), (response,) in zip(
                sample["arguments"], sample["resps"], strict=True
            )
        ]
        for sample in samples(results)
    ]


def test_the_default_system_prompt_comes_before_the_question(dialogues: list[Dialogue]) -> None:
    for dialogue, (question, _) in zip(dialogues, SUMS, strict=False):
        first = dialogue[0][0]
        assert first.startswith(f"{OPENED}{question}")
        assert first.endswith(f"{END}\n{ASKS}")
        assert first.count(BEGIN) == 3


def test_later_rounds_go_on_where_the_round_before_ended(dialogues: list[Dialogue]) -> None:
    said = turn("user", INSTRUCTIONS["neutral"])
    for dialogue in dialogues:
        for (prompt, response, _), (following, _, _) in pairwise(dialogue):
            assert following == f"{prompt}{response}{END}\n{said}{ASKS}"


def test_what_is_logged_is_what_the_model_was_sent(
    dialogues: list[Dialogue], lm: Any, sent_in_module: Sent
) -> None:
    logged = [prompt for dialogue in dialogues for prompt, _, _ in dialogue]
    assert sorted(map(lm.tokenizer.decode, sent_in_module.prompts)) == sorted(logged)
    begin = lm.tokenizer.convert_tokens_to_ids(BEGIN)
    for ids in sent_in_module.prompts:
        # The token that begins a turn is also the one that tokenizers put before any text.
        assert ids[:2] != [begin, begin]
        assert ids == lm.tokenizer(lm.tokenizer.decode(ids), add_special_tokens=False).input_ids
    counted = sorted(record["prompt_tokens"] for dialogue in dialogues for *_, record in dialogue)
    assert counted == sorted(map(len, sent_in_module.prompts))


def test_an_answer_ends_at_the_end_of_turn_or_is_known_to_be_cut(
    dialogues: list[Dialogue], lm: Any, sent_in_module: Sent
) -> None:
    end = lm.tokenizer.convert_tokens_to_ids(END)
    written = [ids for batch in sent_in_module.replies for ids in batch]
    expected = {
        lm.tokenizer.decode(ids, skip_special_tokens=True): "stop" if end in ids else "length"
        for ids in written
    }
    turns = [each for dialogue in dialogues for each in dialogue]
    assert {response: record["finish_reason"] for _, response, record in turns} == expected
    assert set(expected.values()) == {"stop", "length"}
    assert all(BEGIN not in response and END not in response for _, response, _ in turns)


def test_a_transcripts_stops_are_sent_only_without_a_template(
    dialogues: list[Dialogue], lm: Any, made_up: Path, sent_in_module: Sent
) -> None:
    assert sent_in_module.stops
    assert all(stops == [END] for stops in sent_in_module.stops)  # lm-eval's own.
    before = len(sent_in_module.stops)
    settings = {"ptr_data": str(made_up), "ptr_rounds": 1}
    results = evaluate(lm, settings, limit=2, gen_kwargs={"max_gen_toks": LIMIT})
    assert sent_in_module.stops[before:] == [[TRANSCRIPT_STOP, END]]
    for sample, (question, _) in zip(samples(results), SUMS, strict=False):
        prompt, *_ = sample["arguments"][0]
        assert prompt.startswith(f"Question: {question}")
        assert prompt.endswith("\nAnswer:")
        assert TRANSCRIPT_STOP not in sample["resps"][0][0]


def test_a_system_prompt_of_ones_own_takes_the_place_of_the_default(
    lm: Any, made_up: Path, sent: Sent
) -> None:
    evaluate(
        lm,
        {"ptr_data": str(made_up), "ptr_rounds": 1},
        apply_chat_template=True,
        system_instruction="Be brief.",
        limit=1,
        gen_kwargs={"max_gen_toks": 2},
    )
    (prompt,) = map(lm.tokenizer.decode, sent.prompts)
    assert prompt.startswith(turn("system", "Be brief.") + f"{BEGIN}user\nQuestion: {SUMS[0][0]}")
    assert DEFAULT not in prompt


def test_examples_are_shown_as_turns(lm: Any, made_up: Path, sent: Sent) -> None:
    results = evaluate(
        lm,
        {"ptr_data": str(made_up), "ptr_rounds": 2},
        apply_chat_template=True,
        num_fewshot=2,
        fewshot_as_multiturn=True,
        limit=1,
        gen_kwargs={"max_gen_toks": 2},
    )
    first, second = map(lm.tokenizer.decode, sent.prompts)
    system, *turns, opened = first.split(BEGIN)[1:]
    assert system == f"system\n{DEFAULT}{END}\n"
    assert [each.partition("\n")[0] for each in turns] == ["user", "assistant"] * 2 + ["user"]
    shown = {(turns[place].partition("\n\n")[0], turns[place + 1]) for place in (0, 2)}
    assert shown == {
        (f"user\nQuestion: {question}", f"assistant\nWe count.\nThe answer is {number}.{END}\n")
        for question, number in SHOWN
    }
    assert turns[-1].startswith(f"user\nQuestion: {SUMS[0][0]}\n\n")
    assert opened == "assistant\n"
    assert second.startswith(first)
    assert [record["truncated"] for record in records(samples(results)[0])] == [False, False]
