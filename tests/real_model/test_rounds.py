"""Protocols and the ledger with a real model."""

from pathlib import Path
from typing import Any

import pytest

from tests.real_model.conftest import Sent
from tests.real_model.made_up import SUMS
from tests.scripted_lm import evaluate, records, samples

pytestmark = pytest.mark.slow

ASKED = 2
SAMPLED = {"do_sample": True, "temperature": 0.8, "max_gen_toks": 24}


@pytest.fixture(scope="module")
def options(made_up: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    settings = {
        "ptr_data": str(made_up),
        "ptr_protocol": "parallel",
        "ptr_candidates": 2,
        "ptr_ledger": str(tmp_path_factory.mktemp("kept") / "ledger"),
    }
    return {
        "settings": settings, "apply_chat_template": True, "limit": ASKED, "gen_kwargs": SAMPLED
    }  # fmt: skip


@pytest.fixture(scope="module")
def parallel(lm: Any, options: dict[str, Any]) -> dict[str, Any]:
    return evaluate(lm, **options)


def test_candidates_are_drawn_apart_and_shown_below_the_question(
    parallel: dict[str, Any], lm: Any
) -> None:
    for sample, (question, _) in zip(samples(parallel), SUMS, strict=False):
        first, second, refined = (response for (response,) in sample["resps"])
        assert first != second
        assert refined.strip()
        prompts = [prompt for prompt, *_ in sample["arguments"]]
        assert prompts[0] == prompts[1]
        asked = prompts[0].removesuffix("<|im_end|>\n<|im_start|>assistant\n")
        shown = [
            f'<candidate number="{number}">\n{text.strip()}\n</candidate>'
            for number, text in enumerate((first, second), start=1)
        ]
        assert prompts[2].startswith(f"{asked}\n\n{shown[0]}\n\n{shown[1]}\n\n")
        assert f"Question: {question}" in asked
        assert prompts[2].count("<|im_start|>") == 3
        assert [(r["round"], r["position"]) for r in records(sample)] == [(1, 0), (1, 1), (2, 0)]
        assert [r["prompt_tokens"] for r in records(sample)] == [
            len(lm.tokenizer(prompt, add_special_tokens=False).input_ids) for prompt in prompts
        ]
    figures = parallel["results"]["ptr_gsm8k"]
    assert {"pass2@1,strict", "maj2@1,strict", "exact_match@2,strict"} <= figures.keys()


def test_a_second_run_asks_nothing_and_finds_the_same(
    parallel: dict[str, Any], lm: Any, options: dict[str, Any], sent: Sent
) -> None:
    again = evaluate(lm, **options)
    assert sent.batches == []
    assert again["results"] == parallel["results"]
    assert again["samples"] == parallel["samples"]


def test_the_seed_alone_decides_what_is_drawn(
    parallel: dict[str, Any], lm: Any, options: dict[str, Any], sent: Sent
) -> None:
    settings = options["settings"]
    fresh = evaluate(lm, **{**options, "settings": {**settings, "ptr_ledger": "none"}})
    assert len(sent.prompts) == 3 * ASKED
    assert fresh["samples"] == parallel["samples"]
    other = evaluate(lm, **{**options, "settings": {**settings, "ptr_seed": 7, "ptr_rounds": 1}})
    drawn = [[r[0] for r in sample["resps"][:2]] for sample in samples(parallel)]
    assert [[r[0] for r in sample["resps"]] for sample in samples(other)] != drawn
