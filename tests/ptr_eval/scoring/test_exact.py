"""Answers given word for word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.harness.scorers import SCORERS
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.scoring import Score, score_exact

WORDS = st.lists(st.text("aB7=,", min_size=1, max_size=4), min_size=1, max_size=6)
BLANKS = st.sampled_from([" ", "  ", "\n", "\t", "\u00a0"])


def test_the_whole_response_counts() -> None:
    assert score_exact("a 7", gold="a 7") == Score(1.0, "correct", "a 7", "whole response")
    assert score_exact("so: a 7", gold="a 7").verdict == "wrong"
    assert score_exact("a 7 b 3", gold="a 7").verdict == "wrong"


def test_case_and_signs_are_kept() -> None:
    assert score_exact("A 7", gold="a 7").value == 0
    assert score_exact("a 7.", gold="a 7").value == 0
    assert score_exact("a7", gold="a 7").value == 0


def test_nothing_is_no_answer() -> None:
    assert score_exact(" \n", gold="a 7") == Score.unparsed("an empty response")
    with pytest.raises(ValueError, match="the gold answer is blank"):
        score_exact("a 7", gold=" ")


@given(WORDS, st.data())
def test_blanks_make_no_difference(words: list[str], data: st.DataObject) -> None:
    written = "".join(word + data.draw(BLANKS) for word in words)
    score = score_exact(data.draw(BLANKS) + written, gold=" ".join(words))
    assert (score.verdict, score.answer) == ("correct", " ".join(words))


def test_tasks_can_name_it() -> None:
    scorer = SCORERS["exact"]
    assert scorer.metric == "exact_match"
    scored = scorer.score([("a  7", {"gold": "a 7"}), ("b", {"gold": "a 7"})], TaskSettings())
    assert [score.value for score in scored] == [1.0, 0.0]
