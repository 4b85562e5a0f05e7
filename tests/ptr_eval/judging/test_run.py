"""Judging the rounds of saved runs, with scripted judges."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError
from ptr_eval.judging import JudgeOptions, JudgeSettings, judge_rounds
from ptr_eval.runs import results_in
from ptr_eval.runs.judgements import read_judgements
from tests.ptr_eval.best_of_n.run_factory import Judge, by_worth
from tests.ptr_eval.judging.round_factory import judged, save_rounds
from tests.scripted_lm import write_sums

SETTINGS = JudgeSettings("fake", {"pretrained": "org/judge"})
OPTIONS = JudgeOptions()
DRAWN = replace(SETTINGS, generation={"temperature": 0.7})


def by_length(first: str, second: str) -> str:
    return "A" if len(first) > len(second) else "B"


def results(run: Path, round_: int) -> dict[str, int]:
    return dict(Counter(match.result for match in judged(run).of_round(round_)))


def line(lines: list[str], title: str, column: str) -> list[str]:
    """Find a column of a table among the lines that are printed."""
    table = lines[next(i for i, text in enumerate(lines) if text.startswith(title)) + 1 :]
    found = next(text for text in table if text.startswith(f"{column} "))
    return found.removeprefix(column).split()


def test_every_round_meets_the_first(run: Path, loads: Any) -> None:
    judge = loads(Judge(by_worth))
    lines = judge_rounds(run, SETTINGS, OPTIONS)
    assert results(run, 2) == {"win": 5, "tie": 1}
    assert results(run, 3) == {"win": 2, "loss": 4}
    assert len(judge.prompts) == 22  # Both orders of 11 matches; equal texts are not asked about.
    rows = "How often later answers"
    assert line(lines, rows, "round") == ["2", "3"]
    assert line(lines, rows, "win rate (%)") == ["91.7", "33.3"]
    assert line(lines, rows, "equal texts") == ["1", "0"]
    assert line(lines, rows, "p") == ["0.062", "0.688"]
    assert line(lines, rows, "p (Holm)") == ["0.125", "0.688"]
    assert line(lines, "How far the judges", "consistent (%)") == ["100.0"]
    assert line(lines, "How far the judges", "first place (%)") == ["50.0"]
    assert line(lines, "How far the judges", "control (%)") == ["not", "measured"]
    assert lines[-1].startswith(
        "responses on ptr_gsm8k, judged by org/judge against round 1: round 2 is preferred in "
        "91.7 % of 6 matches (95 % interval "
    )


def test_every_round_meets_the_one_before(run: Path, loads: Any) -> None:
    loads(Judge(by_worth))
    judge_rounds(run, SETTINGS, replace(OPTIONS, compare="previous"))
    assert results(run, 2) == {"win": 5, "tie": 1}
    assert results(run, 3) == {"win": 2, "loss": 4}
    found = judged(run)
    assert found.against == "the round before"
    assert {match.earlier[1] for match in found.of_round(3)} == {2}


def test_rounds_meet_those_of_another_run(
    run: Path, sums: Path, tmp_path: Path, loads: Any
) -> None:
    other = save_rounds(tmp_path / "other", sums, {n: [[2, 1, 1]] for n in range(6)})
    loads(Judge(by_worth))
    judge_rounds(run, SETTINGS, replace(OPTIONS, compare=f"run:{other}"))
    assert results(run, 1) == {"loss": 6}
    assert results(run, 2) == {"win": 5, "tie": 1}
    assert judged(run).against == "the same round of responses"
    assert Path(judged(run).other).is_file()


def test_another_run_must_have_the_same_questions(run: Path, tmp_path: Path, loads: Any) -> None:
    moved = write_sums(tmp_path / "moved", numbers=range(50, 70))
    other = save_rounds(tmp_path / "other", moved, {n: [[1, 2, 3]] for n in range(6)})
    with pytest.raises(UserError, match=r"have different questions under the number 0; compare"):
        judge_rounds(run, SETTINGS, replace(OPTIONS, compare=f"run:{other}"))


def test_a_judge_that_always_says_a_wins_nothing(run: Path, loads: Any) -> None:
    loads(Judge(lambda first, second: "A"))
    lines = judge_rounds(run, SETTINGS, OPTIONS)
    assert results(run, 2) == {"order-dependent": 5, "tie": 1}
    assert results(run, 3) == {"order-dependent": 6}
    assert line(lines, "How often later answers", "win rate (%)") == ["n/a", "n/a"]
    assert line(lines, "How far the judges", "first place (%)") == ["100.0"]
    assert line(lines, "How far the judges", "consistent (%)") == ["0.0"]
    assert lines[-1].endswith(
        "round 2 is no win rate; round 3 is no win rate. But the judge decided no match, so there "
        "is no figure; in 100 % of the matches it prefers a place, and no answer."
    )


def test_a_judge_that_always_prefers_the_longer_cannot_be_controlled(
    sums: Path, tmp_path: Path, loads: Any
) -> None:
    texts = {n: [["Short.", "long " * (n + 2)] if n % 3 else ["long " * 9, "Short."]]
             for n in range(12)}  # fmt: skip
    run = save_rounds(tmp_path / "run", sums, texts)
    loads(Judge(by_length))
    lines = judge_rounds(run, SETTINGS, OPTIONS)
    assert line(lines, "What length", "longer wins (%)") == ["100.0"]
    told = " ".join(line(lines, "What length", "same length (%)"))
    assert told == "not estimable: the traits predict every win"


def test_two_samples_of_a_round_are_the_control(sums: Path, tmp_path: Path, loads: Any) -> None:
    samples = {n: [[1, 2], [1, 3 if n % 2 else 1]] for n in range(8)}
    run = save_rounds(tmp_path / "run", sums, samples)
    loads(Judge(by_worth))
    lines = judge_rounds(run, SETTINGS, OPTIONS)
    assert line(lines, "How far the judges", "control (%)") == ["50.0"]
    assert len(judged(run).control) == 8
    assert len(judged(run).of_round(2)) == 16
    loads(Judge(by_worth))
    judge_rounds(run, SETTINGS, replace(OPTIONS, control=False))
    assert judged(run).control == []


def test_repeats_are_asked_and_compared(run: Path, loads: Any) -> None:
    judge = loads(Judge(by_worth))
    lines = judge_rounds(run, DRAWN, replace(OPTIONS, repeats=3))
    assert len(judge.prompts) == 66
    assert line(lines, "How far the judges", "repeated (%)") == ["100.0"]
    assert {len(match.verdicts) for match in judged(run).matches if match.asked} == {3}


def test_what_cannot_be_done_is_refused_at_once(run: Path) -> None:
    with pytest.raises(UserError) as caught:
        judge_rounds(run, SETTINGS, JudgeOptions(compare="last", repeats=2, name="a b"))
    assert str(caught.value).splitlines() == [
        "3 problems:",
        "  - --repeats 2: the judge decodes greedily, so it would say the same each time; draw its "
        "verdicts, as with --gen-kwargs temperature=0.6.",
        "  - --compare last: compare with first, previous, or run: and the path of another run.",
        "  - --name a b: use letters, digits, dots, dashes and underscores.",
    ]


def test_one_round_leaves_nothing_to_compare(sums: Path, tmp_path: Path) -> None:
    run = save_rounds(tmp_path / "run", sums, {0: [[1]], 1: [[2]]})
    with pytest.raises(UserError, match="has nothing to compare: it has one round; compare with"):
        judge_rounds(run, SETTINGS, OPTIONS)


def test_what_failed_in_the_run_has_no_match(sums: Path, tmp_path: Path, loads: Any) -> None:
    run = save_rounds(tmp_path / "run", sums, {1: [[1, 2]], 2: [[1, ""]], 0: [[1]]})
    judge = loads(Judge(lambda first, second: "B" if "no answer" in first else "A"))
    judge_rounds(run, SETTINGS, OPTIONS)
    assert judged(run).left_out == {2: 1}
    assert [(match.question, match.result) for match in judged(run).matches] == [
        (1, "order-dependent"), (2, "loss"),
    ]  # fmt: skip
    assert sum("(no answer)" in prompt for prompt in judge.prompts) == 2


def test_an_answer_that_only_confirms_stands_for_the_one_it_keeps(
    sums: Path, tmp_path: Path, loads: Any
) -> None:
    rounds: list[int | str | None] = [1, "No changes needed.", 2]
    run = save_rounds(tmp_path / "run", sums, {0: [rounds], 1: [[1, 2, 2]]})
    judge = loads(Judge(by_worth))
    judge_rounds(run, SETTINGS, OPTIONS)
    (kept,) = (match for match in judged(run).of_round(2) if match.question == 0)
    assert (kept.result, kept.asked) == ("tie", False)
    assert not any("No changes" in prompt for prompt in judge.prompts)


def test_a_judge_that_states_no_verdict_ends_the_command_and_leaves_its_record(
    run: Path, loads: Any
) -> None:
    loads(Judge(lambda first, second: "neither"))
    with pytest.raises(UserError) as caught:
        judge_rounds(run, SETTINGS, OPTIONS)
    assert str(caught.value) == (
        "No match could be read: 22 of 22 replies of the judge org/judge have no verdict in the "
        "form plain (one ends: 'I am sure. Verdict: neither'); choose the judge's own form with "
        "--prompt."
    )
    assert results(run, 3) == {"unreadable": 6}


def test_a_killed_judge_goes_on_and_writes_the_same_files(run: Path, loads: Any) -> None:
    loads(Judge(by_worth, stops_after=9))
    with pytest.raises(KeyboardInterrupt):
        judge_rounds(run, SETTINGS, OPTIONS)
    assert list(run.rglob("judgements_*.json*")) == []
    loads(Judge(by_worth))
    lines = judge_rounds(run, SETTINGS, OPTIONS)
    written = {path: path.read_bytes() for path in run.rglob("judgements_*.json*")}
    assert sorted(path.suffix for path in written) == [".json", ".jsonl"]
    again = loads(Judge(by_worth))
    assert judge_rounds(run, SETTINGS, OPTIONS) == lines
    assert again.prompts == []
    assert {path: path.read_bytes() for path in run.rglob("judgements_*.json*")} == written


def test_files_are_beside_the_run_and_are_no_run_themselves(run: Path, loads: Any) -> None:
    before = results_in(run)
    loads(Judge(by_worth))
    judge_rounds(run, SETTINGS, OPTIONS)
    (facts,) = run.rglob("judgements_*.json")
    assert facts.name.startswith("judgements_ptr_gsm8k_judge_first_")
    assert results_in(run) == before
    told = json.loads(facts.read_text())
    assert told["counts"]["win"] == 7
    assert told["counts"]["tokens"] == sum(match.tokens for match in judged(run).matches) > 0
    assert told["settings"]["judge_form"]["name"] == "plain"


def test_a_judgement_of_other_settings_is_not_overwritten(run: Path, loads: Any) -> None:
    loads(Judge(by_worth))
    judge_rounds(run, SETTINGS, OPTIONS)
    with pytest.raises(UserError, match="with other settings; give this judgement another --name"):
        judge_rounds(run, DRAWN, OPTIONS)
    judge_rounds(run, DRAWN, replace(OPTIONS, name="drawn"))
    (samples,) = run.rglob("samples_*.jsonl")
    names = {judgement.name for judgement in read_judgements(samples.parent)}
    assert names == {"drawn", "judge_first"}


def test_a_judge_of_its_own_answers_is_named(run: Path, loads: Any) -> None:
    loads(Judge(by_worth))
    lines = judge_rounds(run, JudgeSettings("fake", {"pretrained": "responses"}), OPTIONS)
    for title in ("How often later", "What length", "How far the judges"):
        assert set(line(lines, title, "judges itself")) == {"yes"}
    assert lines[-1].endswith(" But the judge is the model that it judges.")


def test_failed_requests_are_counted_apart(run: Path, loads: Any) -> None:
    class Moody(Judge):
        def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
            if "[q1]" in prompt:
                raise ValueError("this one is refused")
            return super()._respond(prompt, settings)

    loads(Moody(by_worth))
    lines = judge_rounds(run, SETTINGS, OPTIONS)
    assert results(run, 2) == {"win": 4, "failed": 1, "tie": 1}
    (failed,) = (m for m in judged(run).of_round(2) if m.result == "failed")
    assert failed.failure == "ValueError: this one is refused"
    assert lines[-1].endswith(" But 18 % of the matches failed.")


def test_broken_files_are_named(run: Path, loads: Any) -> None:
    loads(Judge(by_worth))
    judge_rounds(run, SETTINGS, OPTIONS)
    (rows,) = run.rglob("judgements_*.jsonl")
    rows.write_text("".join(rows.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(UserError, match=r"judgements_.*jsonl is not what `ptr-eval judge` writes"):
        judged(run)
