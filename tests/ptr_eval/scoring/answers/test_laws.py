"""Laws of what a text states: what beside a statement changes its answer, and what does not."""

import random
import re
from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.long_texts import no_runaway
from tests.ptr_eval.scoring.answers.texts import (
    DOMAINS,
    KEPT,
    QUESTIONS,
    REMARKS,
    REPORTS,
    RETRACTIONS,
    Domain,
    unstated,
)

each_scorer = pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
GAP = "\n\n"
MEGABYTE = 1_000_000


def parts(domain: Domain, data: st.DataObject) -> tuple[str, str, str, str]:
    """Draw a text with its answer, the gold of it, and another value as text and gold."""
    value, other = data.draw(
        st.lists(st.sampled_from(domain.values), min_size=2, max_size=2, unique=True)
    )
    lines = data.draw(st.lists(st.sampled_from(domain.working), max_size=2, unique=True))
    statement = data.draw(st.sampled_from(domain.statements))
    form = data.draw(st.sampled_from(value))
    text = GAP.join([*lines, statement.format(x=form, gold=value[0])])
    return text, value[0], data.draw(st.sampled_from(other)), other[0]


def gap_after(text: str, data: st.DataObject) -> str:
    """Draw what separates a text from the next sentence."""
    return data.draw(st.sampled_from([GAP, "\n", *([" "] if text.endswith(".") else [])]))


def assert_reads(domain: Domain, response: str, gold: str) -> None:
    score = domain.score(response, gold)
    assert (score.verdict, score.answer, score.kept) == ("correct", score.answer, False), response


def assert_states_nothing(domain: Domain, response: str, gold: str) -> None:
    score = domain.score(response, gold)
    assert (score.verdict, score.answer) == ("unparsed", None), response


@each_scorer
@given(st.data())
@settings(deadline=None)
def test_a_statement_is_read_where_it_is(domain: Domain, data: st.DataObject) -> None:
    text, gold, _, _ = parts(domain, data)
    assert_reads(domain, text, gold)
    span = domain.score(text, gold).span
    assert span is not None
    assert text.rfind(GAP) < span[0] < span[1] <= len(text)
    assert re.search(r"\w", text[slice(*span)])


@each_scorer
@given(st.data())
@settings(deadline=None)
def test_a_remark_changes_nothing(domain: Domain, data: st.DataObject) -> None:
    text, gold, _, _ = parts(domain, data)
    remarks = data.draw(st.lists(st.sampled_from(REMARKS), min_size=1, max_size=2, unique=True))
    assert_reads(domain, GAP.join([text, *remarks]), gold)


@each_scorer
@given(st.data())
@settings(deadline=None)
def test_a_report_before_or_after_changes_nothing(domain: Domain, data: st.DataObject) -> None:
    text, gold, other, _ = parts(domain, data)
    report = data.draw(st.sampled_from(REPORTS)).format(y=other)
    assert_reads(domain, f"{text}{GAP}{report}", gold)
    assert_reads(domain, f"{report}{GAP}{text}", gold)


@each_scorer
@given(st.data())
@settings(deadline=None)
def test_a_restated_question_changes_nothing(domain: Domain, data: st.DataObject) -> None:
    text, gold, _, _ = parts(domain, data)
    asked = data.draw(st.sampled_from(domain.questions))
    question = data.draw(st.sampled_from(QUESTIONS)).format(q=asked)
    assert_reads(domain, f"{text}{GAP}{question}", gold)
    assert_reads(domain, f"{question}{GAP}{text}", gold)


@each_scorer
@given(st.data())
@settings(deadline=None)
def test_no_changes_needed_changes_nothing(domain: Domain, data: st.DataObject) -> None:
    text, gold, _, _ = parts(domain, data)
    kept = data.draw(st.sampled_from(KEPT))
    assert_reads(domain, f"{text}{gap_after(text, data)}{kept}", gold)
    assert_reads(domain, f"{kept}{GAP}{text}", gold)


@each_scorer
@pytest.mark.parametrize("response", KEPT)
def test_no_changes_needed_alone_keeps_an_answer(domain: Domain, response: str) -> None:
    score = domain.score(response, domain.values[0][0])
    assert (score.verdict, score.answer, score.kept) == ("unparsed", None, True)


@each_scorer
@given(st.data())
@settings(deadline=None)
def test_a_retraction_leaves_no_answer(domain: Domain, data: st.DataObject) -> None:
    text, gold, _, _ = parts(domain, data)
    retraction = data.draw(st.sampled_from(RETRACTIONS))
    assert_states_nothing(domain, f"{text}{gap_after(text, data)}{retraction}", gold)


@each_scorer
@given(st.data())
@settings(deadline=None)
def test_a_retraction_with_a_new_value_gives_that(domain: Domain, data: st.DataObject) -> None:
    text, _, other, gold = parts(domain, data)
    retraction = data.draw(st.sampled_from(RETRACTIONS))
    assert_reads(domain, f"{text}{gap_after(text, data)}{retraction} The answer is {other}.", gold)


@each_scorer
def test_what_is_not_stated_is_not_believed(domain: Domain) -> None:
    size = 1200
    believed = [
        (kind, text)
        for kind, text, values in unstated(domain, size)
        if any(domain.score(text, value).verdict == "correct" for value in values)
        or (kind != "mention" and domain.score(text, values[0]).answer is not None)
    ]
    shown = "\n".join(f"{kind}: {text!a}" for kind, text in believed[:40])
    assert len(believed) < size / 100, f"{Counter(kind for kind, _ in believed)}\n{shown}"


# Any text ---------------------------------------------------------------------------------------

PIECES = (
    *("the answer is ", "The answer is not ", "Answer:", "\\boxed{", "}", "(", "$", "{", "[", "**"),
    *("\n", "not ", "C or ", "18 or ", "7", ". ", ", ", '"answer": ', '{"answer": "', "####"),
    *("My previous answer was ", "No changes needed. ", "Wait, that is wrong. ", "is correct "),
    *("Question: ", "Question 2: ", "if ", "? ", "<answer>", "```", "> ", "| A | ", "- x\n"),
    *("\\text{", "\\frac{", "答案是", "٣", "\uff11", "\u200b", "\ud800", "\0", " ", "...", "= "),
    *(
        "Candidate 1: ",
        "A) Lyon\n",
        "St. ",
        "instead of ",
        "but ",
        "Paris ",
        "—",
        "1,",
        "<|im_end|>",
    ),
)


@each_scorer
@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PIECES)).map("".join)))
@settings(max_examples=200, deadline=None)
def test_any_text_is_scored(domain: Domain, response: str) -> None:
    score = domain.score(response, domain.values[0][0])
    assert (score.verdict == "unparsed") == (score.answer is None)
    assert not (score.kept and score.answer is not None)
    if score.span is not None:
        assert 0 <= score.span[0] < score.span[1] <= len(response)


PAIRS = random.Random(0).sample(list(permutations(PIECES, 2)), 15)
FLOODS = [(piece, "") for piece in PIECES] + PAIRS


@pytest.mark.parametrize(("piece", "other"), FLOODS, ids=ascii)
@each_scorer
def test_a_megabyte_is_read_in_linear_time(domain: Domain, piece: str, other: str) -> None:
    half = MEGABYTE // 2
    flood = piece * (half // len(piece)) + (other or piece) * (half // len(other or piece))
    for response in (flood, f"The answer is {flood}?"):
        with no_runaway():
            domain.score(response[:MEGABYTE], domain.values[0][0])
