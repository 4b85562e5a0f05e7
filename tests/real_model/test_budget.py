"""A real model's token limits: what no longer fits is left out, and known to be."""

import logging
from pathlib import Path
from typing import Any

import pytest

from tests.real_model.conftest import Sent
from tests.scripted_lm import by_round, evaluate, records, samples

pytestmark = pytest.mark.slow

LIMIT = 24


def test_answers_that_no_longer_fit_are_left_out_and_counted(
    lm: Any, made_up: Path, sent: Sent, caplog: pytest.LogCaptureFixture
) -> None:
    options: dict[str, Any] = {
        "apply_chat_template": True, "limit": 1, "gen_kwargs": {"max_gen_toks": LIMIT}
    }  # fmt: skip
    settings = {"ptr_data": str(made_up), "ptr_rounds": 3}
    whole = records(samples(evaluate(lm, settings, **options))[0])
    assert [each["truncated"] for each in whole] == [False] * 3
    lengths = [each["prompt_tokens"] for each in whole]

    context = lengths[1] + LIMIT  # The second prompt just fits.
    with caplog.at_level(logging.WARNING, logger="ptr_eval"):
        results = evaluate(lm, {**settings, "ptr_context": context}, **options)
    fitted = records(samples(results)[0])
    assert [each["prompt_tokens"] for each in fitted] == [*lengths[:2], lengths[1]]
    assert [each["dropped_answers"] for each in fitted] == [0, 0, 1]
    assert by_round(results, "truncated") == [0, 0, 1]
    assert [len(ids) for ids in sent.prompts] == [*lengths, *lengths[:2], lengths[1]]
    assert (
        "1 of 3 prompts were too long and show less than was asked; see truncated@t." in caplog.text
    )


def test_a_question_that_alone_is_too_long_is_cut_and_counted(
    lm: Any, made_up: Path, sent: Sent
) -> None:
    from lm_eval.models.huggingface import HFLM

    small = HFLM(
        pretrained=lm.model, tokenizer=lm.tokenizer, max_length=64, batch_size=2, device="cpu"
    )
    results = evaluate(
        small,
        {"ptr_data": str(made_up), "ptr_rounds": 2},
        apply_chat_template=True,
        limit=1,
        gen_kwargs={"max_gen_toks": LIMIT},
    )
    assert by_round(results, "truncated") == [1, 1]
    (sample,) = samples(results)
    for (prompt, _, record), ids in zip(sample["arguments"], sent.prompts, strict=True):
        whole = lm.tokenizer(prompt, add_special_tokens=False).input_ids
        assert record["prompt_tokens"] == len(whole) > 64 - LIMIT
        assert ids == whole[-(64 - LIMIT) :]
    assert [each["dropped_answers"] for each in records(sample)] == [0, 1]
