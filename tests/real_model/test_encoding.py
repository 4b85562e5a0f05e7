"""Rows in a real model's template: which tokens are trained on."""

from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.instructions import INSTRUCTIONS
from ptr_train.encoding.examples import read_example, with_weights
from ptr_train.encoding.settings import EncodingSettings
from ptr_train.encoding.tokens import open_encoder
from ptr_train.records import EncodedRow

pytestmark = pytest.mark.slow

END = "<|im_end|>"
THOUGHTS = (
    "Tom has 3 + 4 pens.\nThe answer is 8.",
    "That was 3 red ones. And 4 blue ones!  The answer is 12.",
)
ANSWER = "Tom has 3 red pens and 4 blue pens: 3 + 4 = 7.\n\nThe answer is 7."
MESSAGES: list[dict[str, Any]] = [
    {"role": "user", "content": "How many pens are 3 pens and 4 pens?"},
    {"role": "assistant", "content": THOUGHTS[0], "weight": 0},
    {"role": "user", "content": INSTRUCTIONS["neutral"]},
    {"role": "assistant", "content": THOUGHTS[1], "weight": 0},
    {"role": "user", "content": INSTRUCTIONS["precise"]},
    {"role": "assistant", "content": ANSWER, "weight": 1},
]


@pytest.fixture(scope="module")
def tokenizer(smollm2: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(smollm2)


def encoded(tokenizer: Any, **settings: Any) -> EncodedRow:
    chosen = EncodingSettings(**settings)
    example = with_weights(
        read_example({"id": "ptr-1", "kind": "ptr", "messages": MESSAGES}, "a row"), chosen
    )
    (row,) = open_encoder(tokenizer, chosen).encode([example])
    return row


def trained_on(row: EncodedRow, tokenizer: Any) -> list[tuple[str, float]]:
    """The texts that count, each with its weight: runs of tokens in which no other lies."""
    pairs = zip(row.weights, row.input_ids, strict=True)
    runs = [(weight, [i for _, i in run]) for weight, run in groupby(pairs, lambda pair: pair[0])]
    return [(tokenizer.decode(ids), weight) for weight, ids in runs if weight]


def test_the_answer_and_its_end_of_turn_alone_are_trained_on(tokenizer: Any) -> None:
    row = encoded(tokenizer)
    assert trained_on(row, tokenizer) == [(f"{ANSWER}{END}", 1.0)]
    assert row.weights[-1] == 1.0


def test_the_row_is_what_evaluation_sends_and_then_the_answer(tokenizer: Any) -> None:
    row = encoded(tokenizer)
    plain = [{"role": each["role"], "content": each["content"]} for each in MESSAGES]
    prompt = tokenizer.apply_chat_template(plain[:-1], tokenize=False, add_generation_prompt=True)
    sent = tokenizer(prompt, add_special_tokens=False).input_ids
    assert list(row.input_ids[: len(sent)]) == sent
    assert tokenizer.decode(row.input_ids) == f"{prompt}{ANSWER}{END}"
    texts = [tokenizer.decode(row.input_ids[each.start : each.end]) for each in row.attempts]
    assert texts == [f"{text}{END}" for text in (*THOUGHTS, ANSWER)]


@pytest.mark.parametrize("weight", [1.0, 0.25])
def test_thoughts_that_are_not_masked_count_by_their_weight(tokenizer: Any, weight: float) -> None:
    row = encoded(tokenizer, thought_mask=False, thought_weight=weight)
    assert trained_on(row, tokenizer) == [
        *((f"{thought}{END}", weight) for thought in THOUGHTS),
        (f"{ANSWER}{END}", 1.0),
    ]


def test_half_of_the_thoughts_sentences_are_masked_whole(tokenizer: Any) -> None:
    row = encoded(tokenizer, thought_mask={"share": 0.4, "of": "sentences"})
    *thoughts, answer = trained_on(row, tokenizer)
    assert answer == (f"{ANSWER}{END}", 1.0)
    sentences = [
        "Tom has 3 + 4 pens.", f"The answer is 8.{END}",
        "That was 3 red ones.", "And 4 blue ones!", f"The answer is 12.{END}",
    ]  # fmt: skip
    text = "".join(shown for shown, _ in thoughts)
    assert sum(sentence in text for sentence in sentences) == 3
    for sentence in sentences:
        text = text.replace(sentence, "")
    assert not text.strip()


def test_instruction_tuning_leaves_the_thoughts_out(tokenizer: Any) -> None:
    row = encoded(tokenizer, type="ift")
    assert trained_on(row, tokenizer) == [(f"{ANSWER}{END}", 1.0)]
    whole = tokenizer.decode(row.input_ids)
    assert not any(thought in whole for thought in THOUGHTS)
    assert whole.count("<|im_start|>") == 3
