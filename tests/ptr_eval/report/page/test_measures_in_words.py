"""What the viewer says of one answer's text."""

from ptr_eval.report.page.measures_in_words import in_words
from ptr_eval.scoring import Score
from ptr_eval.texts.overlap import overlap_counts
from tests.ptr_eval.report.text_factory import Said, measured


def test_rewriting_is_told_from_the_second_round_on() -> None:
    found = measured(
        "exact", [[Said("a b c d e"), Said("v w x y z")], [Said("a b c d v w x y")]], [[Said("a")]]
    )
    assert [in_words(found, row) for row in (0, 3)] == [(), ()]
    assert in_words(found, 2) == (("Rewriting", "50 % edited, 100 % copied (50 % from one)"),)
    same = measured("exact", [[Said("a")], [Said("a")]])
    assert in_words(same, 1) == (("Rewriting", "unchanged"),)


def test_programs_are_told_by_what_stands_in_them() -> None:
    good = Score.of(True, 'def f(a: int):\n    """F."""\n    return a\n', "passed")
    found = measured(
        "code", [[Said("x", found=good)]], [[Said("x", found=Score.of(False, "(", ""))]]
    )
    assert in_words(found, 0) == (("Program", "docstring, type hints, complexity 1, 3 lines"),)
    assert in_words(found, 1) == (("Program", "cannot be parsed"),)


def test_summaries_are_told_by_their_overlap() -> None:
    counts = overlap_counts("a cat", "a cat")
    score = Score(1.0, "correct", "a cat", "", {"rougeL": 1.0}, counts=counts)
    older = Score(1.0, "correct", "a cat", "", {"rougeL": 1.0})
    found = measured("similarity", [[Said("a cat", found=score)]])
    assert in_words(found, 0) == (("Overlap", "ROUGE-L 100, chrF 100"),)
    found = measured("similarity", [[Said("a cat", found=older)]])
    assert in_words(found, 0) == (("Overlap", "ROUGE-L 100"),)
