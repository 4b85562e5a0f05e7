"""Finding the finally stated option of a multiple-choice response."""

import csv
import json
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_eval.scoring.multiple_choice import score_options
from tests.long_texts import no_runaway

TABLE = yaml.safe_load((Path(__file__).parents[3] / "cases" / "options.yaml").read_text())
CASES = [
    pytest.param(group, response, id=f"{group['name']}: {response[:60]!a}")
    for group in TABLE["groups"]
    for response in group["responses"]
]
CITIES = TABLE["options"]["cities"]
DIGITS = TABLE["options"]["digits"]
LETTERS = {letter: f"the {letter}th" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


@pytest.mark.parametrize(("group", "response"), CASES)
def test_stated_option_is_found(group: dict[str, Any], response: str) -> None:
    options = TABLE["options"][group["options"]]
    score = score_options(response, options=options, gold=next(iter(options)))
    assert (score.answer, score.how) == (group["answer"], score.how)


@pytest.mark.parametrize(
    ("response", "value", "verdict", "answer", "how"),
    [
        ("The answer is C.", 1.0, "correct", "C", "is"),
        ("C", 1.0, "correct", "C", "whole response"),
        ("\\boxed{B}", 0.0, "wrong", "B", "boxed"),
        ("The answer is A or C.", 0.0, "unparsed", None, "is: A or C"),
        ("The answer is F.", 0.0, "unparsed", None, "is: not an option"),
        ("Paris is in France, Berlin is not.", 0.0, "unparsed", None, "no stated answer"),
        (" \n", 0.0, "unparsed", None, "empty response"),
    ],
)
def test_score_says_what_was_found_and_how(
    response: str, value: float, verdict: str, answer: str | None, how: str
) -> None:
    score = score_options(response, options=CITIES, gold="C")
    assert (score.value, score.verdict, score.answer, score.how) == (value, verdict, answer, how)


def test_gold_must_be_a_label() -> None:
    with pytest.raises(ValueError, match="'E' is none of the labels"):
        score_options("C", options=CITIES, gold="E")


def test_options_that_read_the_same_are_not_told_apart_by_text() -> None:
    options = {"A": "Paris", "B": "paris ", "C": "Lyon"}
    assert score_options("The answer is Lyon.", options=options, gold="C").value == 1
    assert score_options("The answer is Paris.", options=options, gold="A").answer in ("A", None)
    twins = {"A": "Paris", "B": "Paris", "C": "Lyon"}
    assert score_options("The answer is Paris.", options=twins, gold="A").verdict == "unparsed"


# Laws ------------------------------------------------------------------------------------------

PIECES = [
    *("A", "(B)", "C.", "D)", "**", "\n", "\n\n", " ", "the answer is", "Answer:", "not", "so"),
    *("is correct", "\\boxed{", "}", "Paris", "London", "if", "?", ".", ",", "or", "and", "I"),
    *("Question:", "A) Lyon\nB) London", "$", "{", "[[", "]]", "wait,", "would be", "1", "2.5"),
    *("\ud800", "\0", "\u0301", "é", "答案是", "none of the above is", "choose", "\u2028", "\r"),
    *("\u0131", "\u0130", "\u017f", "\u212a", "(\u0131)", "\ufdfa"),
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map(" ".join)))
@settings(max_examples=400)
def test_any_text_is_scored(response: str) -> None:
    for options, gold in ((CITIES, "C"), (DIGITS, "2"), (LETTERS, "I")):
        score = score_options(response, options=options, gold=gold)
        assert score.value == (score.verdict == "correct")
        assert (score.verdict == "unparsed") == (score.answer is None)
        assert score.answer is None or (score.answer == gold) == (score.verdict == "correct")
        assert score.answer is None or score.answer in options


@given(st.lists(st.sampled_from(PIECES)).map(" ".join), st.sampled_from("ABCD"))
def test_gold_does_not_change_what_is_found(response: str, gold: str) -> None:
    one = score_options(response, options=CITIES, gold="A")
    other = score_options(response, options=CITIES, gold=gold)
    assert (one.answer, one.how) == (other.answer, other.how)


@given(st.lists(st.sampled_from(PIECES[:-18])).map(" ".join), st.sampled_from("ABCD"))
def test_a_final_line_with_the_answer_always_counts(before: str, label: str) -> None:
    response = f"{before.replace('Question:', '')}.\n\nThe correct answer is ({label})."
    assert score_options(response, options=CITIES, gold="A").answer == label


@given(st.sampled_from(CASES), st.text(" \t\n", max_size=5), st.text(" \t\n", max_size=5))
def test_space_around_a_response_changes_nothing(case: Any, before: str, after: str) -> None:
    group, response = case.values
    options = TABLE["options"][group["options"]]
    score = score_options(before + response + after, options=options, gold=next(iter(options)))
    assert score.answer == group["answer"]


# A megabyte of anything --------------------------------------------------------------------------

UNITS = [
    *PIECES,
    *(
        "answer ",
        "the answer is ",
        "the answer is not A ",
        "(A) ",
        "A) Lyon ",
        "A, B, ",
        "1.",
        "$1",
    ),
    *("_", "_a", "(", "[", "<<", "####", "<b", "'", '"', "\\", "but ", "no that is ", "- ", "..."),
    *("I thought the answer is A ", "A is correct ", "A and ", "A or B or ", "\ufdfa", "Q:\n"),
    *("A. x\nB. y\n", "Lyon is the answer ", "Lyon ", "none of the above is correct. ", "it is "),
    *("the most likely ", "option A, ", '"A ', "1. x\n2. y\n", "the answer is A? ", "answer:\n"),
    *(
        "making A ",
        "makes ",
        "only A ",
        "A fits ",
        "✅ ",
        "A, because ",
        "My answer was A. I still ",
    ),
    *("Lyon is ", "it is Lyon. ", "\\text{", "10^{-4", "$1^", "| A | ", "A > ", "\\times"),
    *("so, ", "*a*", "$1,", "[INST]", "\t ", "<|x|>", "a" * 50 + " ", "not x but ", "as x, "),
    *("Lyon - it is a ", "Lyon (it is a ", "A.\n", "A\nB\n", "Option A: Lyon, ", "C - it is a "),
]


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_a_megabyte_is_read_in_linear_time(unit: str) -> None:
    flood = (unit * (1_000_000 // len(unit) + 1))[:1_000_000]
    for response in (flood, f"word {flood}?"):
        for options in (CITIES, DIGITS):
            with no_runaway():
                score_options(response, options=options, gold=next(iter(options)))


@pytest.mark.parametrize("filler", ["Let me think. ", "x ", "1 + 1 = 2\n", "A careful look. "])
def test_answer_after_a_megabyte_is_found(filler: str) -> None:
    response = filler * (1_000_000 // len(filler)) + "\n\nThe answer is (B)."
    assert score_options(response, options=CITIES, gold="B").verdict == "correct"


# Published cases -----------------------------------------------------------------------------

# Where we differ from the published expectation, with the reason.
NOT_SHARED = {
    "Answer in Different Case": "'Answer: c' states C: case is no reason to doubt it",
}


def published() -> list[dict[str, Any]]:
    folder = os.environ.get("PTR_GRADERS")
    if not folder:
        return []
    path = Path(folder) / "lighteval_cases" / "gpqa_instruct_metric.json"
    cases: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["test_cases"]
    return cases


@pytest.mark.skipif(not published(), reason="PTR_GRADERS is not set")
@pytest.mark.parametrize("case", published(), ids=lambda case: str(case["name"]))
def test_published_case(case: dict[str, Any]) -> None:
    listed = re.findall(r"^([A-Z])\) (.+)$", case["doc"]["query"], re.MULTILINE)
    gold = case["doc"]["choices"][case["doc"]["gold_index"]]
    score = score_options(case["model_response"]["text"][0], options=dict(listed), gold=gold)
    if case["name"] in NOT_SHARED:
        assert (score.verdict, case["expected_output"]["extractive_match"]) == ("correct", 0.0)
    else:
        assert score.value == case["expected_output"]["extractive_match"]
    if case["name"] == "Wrong Answer Format":
        assert (score.verdict, score.answer) == ("wrong", "A")  # the later statement counts
    if case["name"] == "No Answer Format":
        assert score.verdict == "unparsed"


# Real questions ------------------------------------------------------------------------------

BY_LABEL = (
    *("{label}", "({label}) {text}", "{label}. {text}", "The answer is {label}."),
    *("**Answer: {label}) {text}**", "The correct answer is **{label}) {text}**."),
    *("\\boxed{{{label}}}", "Final answer: $\\boxed{{\\text{{{label}}}}}$", "I choose {label}."),
    *("Option {label} is correct.", "{label} is the correct answer.", "Let me think.\n\n({label})"),
    *("{question}\n{lines}\n\nThe answer is ({label}).", "{question}\n{lines}\nAnswer: {label}"),
    *("Therefore, the answer is {label}) {text}.", '{{"answer": "{label}"}}'),
    "Question: {question} {row}\nLet's think step by step.\nThe answer is {label}.",
)
BY_TEXT = ("{text}", "The answer is {text}.", "Answer: {text}", 'The correct answer is "{text}".')
RESTATED = (
    *("{question}\n{lines}", "{question}\n{brackets}", "{question} {row}"),
    *("Question: {question}\n{lines}\nAnswer:", "{question}\nAnswer Choices: {bracket_row}"),
)
AMBIGUOUS_TEXT = re.compile(r"^[A-Ea-e]$|\b[A-E] and [A-E]\b")


class Item(NamedTuple):
    question: str
    options: dict[str, str]


def real_items(folder: Path) -> Iterator[Item]:
    for path in sorted((folder / "mmlu" / "test").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as rows:
            for row in csv.reader(rows):
                yield Item(row[0], dict(zip("ABCD", row[1:5], strict=True)))
    for path in (
        *sorted((folder / "arc").glob("*.jsonl")),
        folder / "commonsenseqa/dev_rand_split.jsonl",
    ):
        for question in (record["question"] for record in records(path)):
            choices = question["choices"]
            yield Item(question["stem"], {choice["label"]: choice["text"] for choice in choices})
    for record in records(folder / "winogrande" / "dev.jsonl"):
        for labels in ("12", "AB"):
            texts = (record["option1"], record["option2"])
            yield Item(record["sentence"], dict(zip(labels, texts, strict=True)))
    for record in records(folder / "hellaswag" / "hellaswag_val_sample1000.jsonl"):
        yield Item(record["ctx"], dict(zip("ABCD", record["endings"], strict=True)))


def records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


@pytest.fixture(scope="module")
def sample() -> list[Item]:
    folder = os.environ.get("PTR_DATA")
    if not folder:
        pytest.skip("PTR_DATA is not set")
    items = list(real_items(Path(folder)))
    size = int(os.environ.get("PTR_SAMPLE", "1000"))
    return random.Random(0).sample(items, min(size, len(items)))


def fill(template: str, item: Item, label: str) -> str:
    pairs = item.options.items()
    return template.format(
        question=item.question,
        label=label,
        text=item.options[label],
        lines="\n".join(f"{name}. {text}" for name, text in pairs),
        brackets="\n".join(f"({name}) {text}" for name, text in pairs),
        row=" ".join(f"{name}) {text}" for name, text in pairs),
        bracket_row=" ".join(f"({name}) {text}" for name, text in pairs),
    )


def misread(sample: list[Item], templates: tuple[str, ...], stated: bool) -> list[str]:
    """What was read wrongly, unless it is less than one response in ten thousand."""
    wrong: list[str] = []
    for item in sample:
        label = random.Random(item.question).choice(list(item.options))
        for template in templates:
            response = fill(template, item, label)
            found = score_options(response, options=item.options, gold=label).answer
            if found != (label if stated else None):
                wrong.append(f"{template} of {label}: {found} in {response[-200:]!r}")
    return wrong if len(wrong) > 1e-4 * len(sample) * len(templates) else []


def test_stated_labels_of_real_questions_are_found(sample: list[Item]) -> None:
    assert misread(sample, BY_LABEL, stated=True) == []


def test_stated_texts_of_real_questions_are_found(sample: list[Item]) -> None:
    clear = [
        item
        for item in sample
        if len({text.strip(" .").lower() for text in item.options.values()}) == len(item.options)
        and not any(AMBIGUOUS_TEXT.search(text) for text in item.options.values())
    ]
    assert len(clear) > 0.9 * len(sample)
    assert misread(clear, BY_TEXT, stated=True) == []


def test_restated_real_questions_state_nothing(sample: list[Item]) -> None:
    assert misread(sample, RESTATED, stated=False) == []
