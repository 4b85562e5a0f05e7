"""DROP: what counts as the answer, and the official comparison."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.readers import READERS, SourceRow
from ptr_eval.scoring import Score, score_spans
from ptr_eval.scoring.spans.scorer import best_match
from tests.long_texts import no_runaway

CASES = yaml.safe_load((Path(__file__).parents[3] / "cases" / "spans.yaml").read_text())
MEGABYTE = 1_000_000


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    score = score_spans(case["response"], golds=case["golds"])
    assert score.answer == case["answer"]
    assert dict(score.parts) == {"em": case["em"], "f1": case["f1"]}
    assert score.value == case["f1"]
    expected = "unparsed" if case["answer"] is None else "correct" if case["em"] else "wrong"
    assert score.verdict == expected


WORDS = st.text(alphabet="abc 0123.,-'$%\"", min_size=1, max_size=12).filter(str.strip)


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_a_gold_answer_matches_itself(gold: list[str]) -> None:
    assert best_match(gold[0], [[gold[0]]]) == (1.0, 1.0)


@given(st.text(max_size=80), st.lists(st.lists(WORDS, min_size=1, max_size=3), max_size=3))
def test_measures_lie_between_0_and_1_and_exact_means_full_overlap(
    response: str, golds: list[list[str]]
) -> None:
    score = score_spans(response, golds=golds)
    assert 0.0 <= score.value <= 1.0
    assert score.parts["em"] <= score.parts["f1"]


@given(st.text(max_size=60), st.lists(st.lists(WORDS, min_size=1, max_size=3), min_size=2))
def test_the_order_of_annotations_does_not_matter(answer: str, golds: list[list[str]]) -> None:
    assert best_match(answer, golds) == best_match(answer, golds[::-1])


HOSTILE = {
    "list": "The answer is " + "a, " * (MEGABYTE // 3),
    "statements": "answer is " * (MEGABYTE // 10),
    "labels": "Answer:" * (MEGABYTE // 7),
    "stars": "*" * MEGABYTE,
    "brackets": "The answer is " + "(" * MEGABYTE,
    "boxes": "\\boxed{" * (MEGABYTE // 7),
    "newlines": "\n" * MEGABYTE,
    "blanks": "The answer is" + " " * MEGABYTE,
    "digits": "The answer is " + "9" * MEGABYTE,
    "quotes": '"' * MEGABYTE,
    "because": "answer is because " * (MEGABYTE // 18),
    "surrogates": "The answer is \ud800" + "\0" * MEGABYTE,
    "tags": "<answer>" * (MEGABYTE // 8),
    "fields": '"answer": "' * (MEGABYTE // 11),
    "items": "Answer:\n" + "- x\n" * (MEGABYTE // 4),
    "sum": "The answer is " + "1 + " * (MEGABYTE // 4) + "= 2",
    "dashes": "The answer is " + "\u2014 " * (MEGABYTE // 2),
    "texts": "\\text{" * (MEGABYTE // 6),
    "questions": "Question: " * (MEGABYTE // 10),
}


@pytest.mark.parametrize("response", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_megabyte_is_read_in_linear_time(response: str) -> None:
    score_spans("warm up", golds=[["a", "b"]])
    with no_runaway():
        score_spans(response, golds=[["a", "b", "c"], ["9"]])


@pytest.mark.skipif("PTR_DATA" not in os.environ, reason="PTR_DATA names no benchmark files")
def test_every_real_gold_answer_is_right_when_stated() -> None:
    path = Path(os.environ["PTR_DATA"], "drop", "drop_v0_dev.jsonl.gz")
    rows = [json.loads(line) for line in gzip.open(path, "rt", encoding="utf-8")]
    wrong = []
    for number, values in enumerate(rows, start=1):
        (doc,) = READERS["drop"](SourceRow(values, str(path), number))
        for gold in doc["golds"][:1]:
            score = score_spans(f"The answer is {gold[0]}.", golds=doc["golds"])
            if score.verdict != "correct":
                wrong.append((gold, score))
    # Spans that hold a sentence's end or a reason of their own cannot be told from one.
    assert len(wrong) <= 0.005 * len(rows), wrong[:20]


def lighteval_cases(name: str) -> list[dict[str, Any]]:
    folder = os.environ.get("PTR_GRADERS")
    if not folder:
        return []
    cases = json.loads(Path(folder, "lighteval_cases", name).read_text())["test_cases"]
    return list(cases)


@pytest.mark.skipif("PTR_GRADERS" not in os.environ, reason="PTR_GRADERS names no folder")
def test_published_drop_cases_all_agree() -> None:
    cases = lighteval_cases("drop.json")
    assert len(cases) == 3
    for case in cases:
        golds = [[gold] for gold in case["doc"]["specific"]["golds_no_preprocessing"]]
        score: Score = score_spans(case["model_response"]["text"][0], golds=golds)
        assert dict(score.parts) == pytest.approx(case["expected_output"]), case["name"]
