"""The table of a run: what has a line, and what only where there is something to say."""

from typing import Any

from ptr_eval.harness.rounds_table import rounds_table

RESULTS: dict[str, Any] = {
    "exact_match@1,strict": 0.5,
    "exact_match@1_stderr,strict": 0.1,
    "exact_match@2,strict": 0.25,
    "exact_match@2_stderr,strict": "N/A",
    "failed@1,strict": 0.0,
    "failed@2,strict": 1 / 3,
    "refused@2,strict": 0.0,
    "empty@1,strict": 0.125,
    "cut_off@1,strict": 0.0,
    "truncated@1,strict": 0.0,
    "prompt_tokens@1,strict": 50.0,
    "generated_tokens@2,strict": 7.4,
}


def rows(results: dict[str, Any]) -> list[list[str]]:
    table = rounds_table({"results": {"ptr_x": results}})
    return [[cell.strip() for cell in line.split("|")[3:-1]] for line in table.splitlines()]


def test_lines_have_one_order_whatever_failed_first() -> None:
    """A question without an answer in a round has other measures than the others."""
    turned = dict(reversed(RESULTS.items()))
    assert rows(turned) == rows(RESULTS)


def test_what_went_wrong_has_a_line_only_where_anything_did() -> None:
    head, _, *lines = rows(RESULTS)
    assert head == ["measure", "round 1", "round 2"]
    assert lines == [
        ["exact_match", "0.500 ± 0.100", "0.250"],
        ["failed", "0.000", "0.333"],
        ["empty", "0.125", ""],
        ["generated_tokens", "", "7"],
    ]
    every = dict.fromkeys((f"{n}@1,s" for n in ("failed", "refused", "empty", "cut_off")), 0.5)
    assert [line[0] for line in rows(every)[2:]] == ["failed", "refused", "empty", "cut_off"]
