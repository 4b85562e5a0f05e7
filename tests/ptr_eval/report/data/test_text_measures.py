"""What is measured of saved texts: against which texts, and what is left out."""

import numpy as np
import pytest

from ptr_eval.report.data.text_measures import CODE_NAMES, REWRITING
from ptr_eval.scoring import Score
from ptr_eval.texts.overlap import overlap_counts
from tests.ptr_eval.report.text_factory import Said, measured

FIRST, SECOND = "one two three four five", "one two three four 5"


def rewriting(name: str, *rounds: list[Said]) -> list[float]:
    return list(measured("exact", rounds).values[name])


def test_round_1_has_nothing_to_be_compared_with() -> None:
    found = measured("exact", [[Said(FIRST)]])
    assert tuple(found.values) == REWRITING
    assert all(np.isnan(column[0]) for column in found.values.values())


def test_an_answer_is_compared_with_the_round_before() -> None:
    rounds = [Said(FIRST)], [Said(SECOND)], [Said(FIRST)]
    assert rewriting("edited", *rounds)[1:] == pytest.approx([1 / 5, 1 / 5])
    assert rewriting("copied", *rounds)[1:] == pytest.approx([4 / 5, 4 / 5])
    assert rewriting("unchanged", *rounds)[1:] == [0, 0]


def test_only_what_can_be_seen_is_compared() -> None:
    assert rewriting("unchanged", [Said(FIRST)], [Said(f"<think>hm</think>{FIRST}")])[1] == 1


def test_a_bare_confirmation_leaves_the_answer_as_it_was() -> None:
    rounds = [Said(FIRST)], [Said("No changes needed.", kept=True)], [Said(FIRST)]
    assert rewriting("unchanged", *rounds)[1:] == [1, 1]


def test_a_confirmation_among_candidates_names_none() -> None:
    candidates = [Said(FIRST), Said("a b c d e")]
    assert np.isnan(rewriting("edited", candidates, [Said("All fine.", kept=True)])[2])


def test_an_answer_is_compared_with_all_candidates() -> None:
    rounds = [Said("a b c d e"), Said("v w x y z")], [Said("a b c d v w x y")]
    assert rewriting("copied", *rounds)[2] == 1
    assert rewriting("copied_from_one", *rounds)[2] == 0.5


def test_what_failed_or_is_empty_is_compared_with_nothing() -> None:
    for nothing in (Said("", failed=True), Said("")):
        assert np.isnan(rewriting("edited", [Said(FIRST)], [nothing], [Said(FIRST)])).all()


def test_dialogues_and_samples_are_not_mixed_up() -> None:
    found = measured("exact", [[Said(FIRST)], [Said(FIRST)]], [[Said(SECOND)], [Said(SECOND)]])
    assert found.values["unchanged"][[1, 3]].tolist() == [1, 1]
    assert np.isnan(found.values["unchanged"][[0, 2]]).all()
    assert found.rows_of([1]) == {(1, 0, 1, 0): 2, (1, 0, 2, 0): 3}


def test_programs_are_measured_where_programs_are_scored() -> None:
    good = Score.of(True, 'def f(a: int):\n    """F."""\n    return a\n', "passed")
    bad, none = Score.of(False, "def f(", "syntax"), Score.unparsed("no program")
    rounds = [[Said("text", found=score)] for score in (good, bad, none)]
    found = measured("code", rounds).values
    assert found["parsed"].tolist() == pytest.approx([1, 0, np.nan], nan_ok=True)
    assert found["docstring"].tolist() == pytest.approx([1, np.nan, np.nan], nan_ok=True)
    assert (found["type_hints"][0], found["complexity"][0], found["lines"][0]) == (1, 1, 3)
    assert not set(CODE_NAMES) & measured("exact", rounds).values.keys()


def test_counts_and_rouge_stand_in_the_scores_of_summaries() -> None:
    counts = overlap_counts("a cat sat", "the cat sat")
    new = Score(0.5, "wrong", "a cat sat", "found", {"rouge1": 0.7}, counts=counts)
    old = Score(0.5, "wrong", "a cat sat", "found", {"rouge1": 0.7})
    rounds = [[Said("a", found=new)], [Said("a", found=old)], [Said("", failed=True)]]
    found = measured("similarity", rounds)
    assert found.values["rouge1"].tolist() == pytest.approx([0.7, 0.7, np.nan], nan_ok=True)
    assert found.counts["bleu"][0].tolist() == list(counts["bleu"])
    assert np.isnan(found.counts["bleu"][1:]).all()


def test_an_older_run_has_no_counts() -> None:
    old = Score(0.5, "wrong", "a cat sat", "found", {"rouge1": 0.7})
    assert measured("similarity", [[Said("a", found=old)]]).counts["bleu"].shape == (1, 0)
