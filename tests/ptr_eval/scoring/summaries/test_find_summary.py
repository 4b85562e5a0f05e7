"""Finding a summary between what a model says about it."""

import json
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_eval.scoring.summaries import find_summary
from tests.long_texts import no_runaway

CASES = Path(__file__).parents[3] / "cases" / "summaries.yaml"
TABLE = yaml.safe_load(CASES.read_text(encoding="utf-8"))
NEW, OLD = TABLE["new"], TABLE["old"]

BEFORE = [
    *("", "Sure! Here is my refined answer:\n\n", "Of course. ", "**Refined summary:** "),
    *("## Revised Summary\n", "Revised summary\n---\n", "Here's a more precise version: "),
    *("My refined summary is as follows:\n", "Summary: ", "Final answer: ", "Rewritten: "),
    *("After reading the article again, I would refine my summary as follows:\n\n",),
    *("Thank you for the feedback! Here's the revised one-sentence summary:\n",),
    *(f"Previous summary: {OLD}\n\nRefined summary: ", f"Original: {OLD}\nRefined: "),
    *(f"{OLD}\n\nUpon reflection, a more precise summary would be:\n\n",),
    *("Analysis:\n- The name is missing.\n\nRefined summary: ", "No changes needed.\n\n"),
    *("I checked every figure against the article.\n\n", "Let me refine the summary.\n\n"),
]
AFTER = [
    *(
        "",
        "\n\n**Changes:** I removed the date.",
        "\n\nChanges made:\n- Removed the date",
    ),
    *("\n\nI made the summary shorter by removing the date.", "\n\nLet me know if it helps!"),
    *("\n\nThis version is more precise. It names the park.", "\n\n(Note: no date.)"),
    *(
        "\n\n---\n\n### Changes\n\n1. Shorter.",
        "\n\nWord count: 21",
        "\n\nI hope this helps!",
    ),
    *("\n\nCompared to the previous summary, this one names the park.", "\n\nThank you!"),
    *("\n\nHere's what I changed:\n- the date", f"\n\nPrevious summary: {OLD}"),
    *("\n\nNo further changes are needed.", "\n\nExplanation: short.\n\nAnd clear."),
]
AROUND = ["{}", '"{}"', "**{}**", "“{}”", "> {}", "```\n{}\n```"]
PIECES = st.sampled_from(
    [
        *("Summary", "refined ", ": ", "\n", "\n\n", ". ", "**", '"', "'", "“", "”", "I ", "my "),
        *("# ", "- ", "> ", "```", "{", "}", "<summary>", "</summary>", "No changes", "Sure, "),
        *("\ud800", "\0", "\\boxed{", "_", "(", "21 words", ")", "The park was sold", "thank you"),
    ]
)


def real_summaries() -> list[str]:
    folder = os.environ.get("PTR_DATA")
    if folder is None:
        return [NEW, OLD, "Games: the “summer one” was 'good', says Kim's \"best\" man"]
    with Path(folder, "xsum", "test_sample1000.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line)["summary"].strip() for line in file]


REAL = real_summaries()


@pytest.mark.parametrize("response", TABLE["framed"])
def test_framing_is_removed(response: str) -> None:
    found = find_summary(response.replace("{new}", NEW).replace("{old}", OLD))
    assert found.text == NEW
    assert not found.kept


@pytest.mark.parametrize("response", TABLE["plain"])
def test_text_without_framing_is_left_as_it_is(response: str) -> None:
    found = find_summary(response)
    assert (found.text, found.how) == (response, "whole response")
    assert found.span == (0, len(response))


@pytest.mark.parametrize("response", TABLE["kept"])
def test_confirmation_is_kept(response: str) -> None:
    found = find_summary(response)
    assert found.kept
    assert found.how == "confirms an earlier answer"


@pytest.mark.parametrize("response", TABLE["neither"])
def test_text_with_nothing_but_framing_is_not_emptied(response: str) -> None:
    found = find_summary(response)
    assert (found.text, found.kept) == (response, False)


def test_real_summaries_are_left_as_they_are() -> None:
    assert [text for text in REAL if find_summary(text).text != text] == []


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(REAL), *map(st.sampled_from, (BEFORE, AROUND, AFTER)))
def test_framing_does_not_change_what_is_found(
    text: str, before: str, around: str, after: str
) -> None:
    found = find_summary(before + around.format(text) + after).text
    # Of quotes around a text that is a quotation itself, those of the framing cannot be known.
    assert found.strip('"') == text.strip('"')


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=100))
def test_finding_never_fails_nor_empties_a_text(response: str) -> None:
    found = find_summary(response)
    assert bool(found.text) == bool(response.strip())
    assert found.span is None or response[slice(*found.span)] == found.text


@settings(max_examples=40, deadline=None)
@given(PIECES, PIECES, st.sampled_from(["", "Refined summary: "]))
def test_a_megabyte_is_read_in_linear_time(one: str, other: str, first: str) -> None:
    piece = one + other
    with no_runaway():
        find_summary(first + piece * (1_000_000 // len(piece)))


def test_summary_is_found_where_it_is() -> None:
    response = f"Previous summary: {OLD}\n\nRefined summary: {NEW}\n\nI hope this helps."
    span = find_summary(response).span
    assert span is not None
    assert response[slice(*span)] == NEW
