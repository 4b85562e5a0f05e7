"""Single answers come out of their blocks as they went in."""

import base64
import gzip
import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_eval.protocols import Outcome
from ptr_eval.report.page.packed_items import BLOCK_CHARACTERS, BLOCK_ITEMS, Index, blocks, packed
from ptr_eval.report.page.view_model import ItemView, RoundView

# Anything a Python string can hold, lone surrogates included.
texts = st.text(st.characters(exclude_categories=()), max_size=50)


def unpacked(letters: str) -> Any:
    return json.loads(gzip.decompress(base64.b64decode(letters, validate=True)))


def utf16(text: str) -> bytes:
    """A string as JavaScript holds it, where two surrogates are one character."""
    return text.encode("utf-16", "surrogatepass")


def answered(
    response: str,
    verdict: str = "wrong",
    answer: str | None = "1",
    score: float | None = 0.0,
    cut: bool = False,
    failed: str | None = None,
) -> RoundView:
    outcome: Outcome = "answered" if failed is None else "failed"
    return RoundView(response, verdict, answer, score, 10, 5, cut, failed, outcome=outcome)


def item(number: int, *rounds: RoundView, question: str = "How many?", gold: str = "") -> ItemView:
    return ItemView("base", "sums", "", number, 0, question, gold, rounds)


def index_of(*items: ItemView) -> dict[str, Any]:
    index = Index()
    for each in items:
        index.add(each, 0)
    found: dict[str, Any] = unpacked(index.packed(left_out=0))
    return found


@settings(max_examples=50)
@given(texts, texts, st.none() | texts)
def test_every_text_survives_and_is_spelt_in_harmless_letters(
    response: str, question: str, answer: str | None
) -> None:
    view = item(1, answered(response, answer=answer), question=question, gold=response)
    (block,) = blocks([view], Index())
    assert re.fullmatch(r"[A-Za-z0-9+/]+=*", block)
    (found,) = unpacked(block)
    assert utf16(found["question"]) == utf16(question)
    assert utf16(found["gold"]) == utf16(response)
    (round_,) = found["rounds"]
    assert utf16(round_["response"]) == utf16(response)
    assert round_["answer"] is answer or utf16(round_["answer"]) == utf16(answer or "")


def test_a_round_keeps_all_that_is_known_of_it() -> None:
    (block,) = blocks([item(1, answered("I say 2.", "correct", "2", 1.0, True, "late"))], Index())
    assert unpacked(block)[0]["rounds"] == [
        {
            "response": "I say 2.",
            "verdict": "correct",
            "answer": "2",
            "score": 1.0,
            "prompt_tokens": 10,
            "generated_tokens": 5,
            "cut": True,
            "failed": "late",
            "refused": None,
            "name": "",
            "beside": False,
        }
    ]


@settings(max_examples=50)
@given(texts, texts, texts)
def test_the_place_of_an_answer_is_counted_as_javascript_does(
    before: str, answer: str, after: str
) -> None:
    span = (len(before), len(before) + len(answer))
    view = replace(answered(before + answer + after), span=span)
    (block,) = blocks([item(1, view)], Index())
    (round_,) = unpacked(block)[0]["rounds"]
    start, end = (2 * place for place in round_["span"])
    whole = (before + answer + after).encode("utf-16-le", "surrogatepass")
    assert whole[:start] == before.encode("utf-16-le", "surrogatepass")
    assert whole[start:end] == answer.encode("utf-16-le", "surrogatepass")


def test_a_round_that_only_confirms_says_what_it_keeps() -> None:
    view = replace(answered("No changes needed."), kept="kept from round 1")
    (block,) = blocks([item(1, view)], Index())
    assert unpacked(block)[0]["rounds"][0]["kept"] == "kept from round 1"


@pytest.mark.parametrize("score", [None, math.nan])
def test_a_score_that_was_not_recorded_is_none(score: float | None) -> None:
    (block,) = blocks([item(1, answered("", score=score))], Index())
    assert unpacked(block)[0]["rounds"][0]["score"] is None


def test_a_full_block_is_closed_and_the_index_tells_who_is_where() -> None:
    index = Index()
    made = list(blocks((item(n, answered(str(n))) for n in range(2 * BLOCK_ITEMS + 1)), index))
    assert [len(unpacked(block)) for block in made] == [BLOCK_ITEMS, BLOCK_ITEMS, 1]
    for number, block in enumerate(made):
        inside = [each["rounds"][0]["response"] for each in unpacked(block)]
        columns = index.columns
        entered = zip(columns["item"], columns["block"], strict=True)
        assert inside == [str(n) for n, where in entered if where == number]


def test_long_texts_fill_a_block_sooner() -> None:
    long = answered("x" * (BLOCK_CHARACTERS // 2))
    made = list(blocks([item(n, long) for n in range(3)], Index()))
    assert [len(unpacked(block)) for block in made] == [2, 1]


def test_no_more_items_are_read_than_fill_a_block() -> None:
    read = []

    def items() -> Iterator[ItemView]:
        for number in range(3 * BLOCK_ITEMS):
            read.append(number)
            yield item(number, answered(""))

    next(blocks(items(), Index()))
    assert len(read) == BLOCK_ITEMS


def test_no_items_make_no_blocks() -> None:
    assert list(blocks([], Index())) == []


def test_equal_contents_are_packed_alike() -> None:
    assert packed({"a": [1, "é"]}) == packed({"a": [1, "é"]})


def test_the_index_numbers_names_and_verdicts() -> None:
    right, wrong = answered("2", "correct"), answered("", "unparsed", None)
    other = ItemView("better", "sums", "easy", 7, 2, "", "", (right,))
    found = index_of(item(3, wrong, right), other)
    assert found["names"] == {"run": ["base", "better"], "task": ["sums"], "subject": ["", "easy"]}
    columns = found["columns"]
    assert [columns[name] for name in ("run", "task", "subject")] == [[0, 1], [0, 0], [0, 1]]
    assert [columns[name] for name in ("item", "sample")] == [[3, 7], [0, 2]]
    assert columns["verdicts"] == [[2, 0], [0]]


def test_the_index_says_which_rounds_gave_the_same_answer() -> None:
    rounds = [answered("", answer=answer) for answer in ("4", None, "5", "4")]
    assert index_of(item(1, *rounds))["columns"]["answers"] == [[0, -1, 1, 0]]


def test_the_index_flags_cut_prompts_and_failed_requests() -> None:
    plain, cut, failed = answered(""), answered("", cut=True), answered("", failed="late")
    found = index_of(item(1, plain), item(2, plain, cut), item(3, failed), item(4, cut, failed))
    assert found["columns"]["flags"] == [0, 1, 2, 3]
    refused = replace(plain, outcome="refused", refused="I will not.")
    empty = replace(plain, outcome="empty")
    found = index_of(item(1, refused), item(2, plain, empty))
    assert found["columns"]["flags"] == [4, 8]


def test_what_failed_has_no_verdict_in_the_index() -> None:
    nothing = replace(answered("", failed="late"), verdict=None, answer=None, score=None)
    found = index_of(item(1, answered("", "correct"), nothing))
    assert found["columns"]["verdicts"] == [[0, -1]]


def test_an_unknown_verdict_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        list(blocks([item(1, answered("", "perhaps"))], Index()))
