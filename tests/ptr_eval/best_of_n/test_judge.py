"""Knockout tournaments on saved runs, with scripted judges."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.best_of_n import JudgeSettings, select
from ptr_eval.errors import UserError
from ptr_eval.judge import PAIR_FORMS
from ptr_eval.runs import read_selections
from tests.ptr_eval.best_of_n.run_factory import (
    Judge,
    Published,
    by_worth,
    right,
    save_run,
    written,
    wrong,
)
from tests.scripted_lm import WordLM, gold

SETTINGS = JudgeSettings("fake", {"pretrained": "org/judge"})


@pytest.fixture
def run(sums: Path, tmp_path: Path) -> Path:
    """Question 0: the best is right; 1: the best is wrong; 2: two groups, one of them empty."""
    groups: dict[int, list[list[str | None]]] = {
        0: [[wrong("worth 1"), wrong("worth 2"), right(0, "worth 9"), wrong("worth 3")],
            [right(0, "worth 9"), wrong("worth 1"), wrong("worth 2"), wrong("worth 3")]],
        1: [[right(1, "worth 1"), right(1, "worth 2"), right(1, "worth 3"), wrong("worth 4")]] * 2,
        2: [[None, "<think>worth 9, but", right(2, "worth 1"), None], [None] * 4],
    }  # fmt: skip
    return save_run(tmp_path / "run", sums, groups)


def test_the_best_is_chosen_wherever_it_stands(run: Path, loads: Any) -> None:
    judge = loads(Judge(by_worth))
    lines = select(run, SETTINGS)
    rows, facts = written(run, "judge")
    assert [(row["doc_id"], row["sample"], row["position"], row["correct"]) for row in rows] == [
        (0, 0, 2, True), (0, 1, 0, True), (1, 0, 3, False), (1, 1, 3, False),
        (2, 0, 2, True), (2, 1, None, False),
    ]  # fmt: skip
    assert facts["counts"]["matches"] == 12
    assert facts["counts"]["decided"] == 12
    assert facts["counts"]["empty"] == 1
    assert facts["counts"]["groups"] == 6
    assert facts["counts"]["tokens"] == sum(row["tokens"] for row in rows) > 0
    assert rows[-1]["tokens"] == 0
    assert rows[0]["matches"][-1] == {
        "round": 2, "first": 1, "second": 2, "verdicts": ["B", "A"], "outcome": "decided",
        "winner": 2,
    }  # fmt: skip
    # Both orders of each match; one match of the second round was judged in the first.
    assert len(judge.prompts) == 22
    assert lines[0].split() == [
        "task", "k", "questions", "groups", "pass@1", "best-of-k", "pass@k",
    ]  # fmt: skip
    assert lines[1].split()[:5] == ["ptr_gsm8k", "4", "3", "6", "0.375"]
    assert "  0.500 ± 0.289  " in lines[1]
    assert lines[2:] == ["ptr_gsm8k: 12 matches: 12 decided."]


def test_the_judge_reads_the_question_as_it_was_asked(run: Path, loads: Any) -> None:
    judge = loads(Judge(by_worth))
    select(run, SETTINGS)
    asked = judge.prompts[0]
    assert "Request:\nQuestion: [q0] How many is that?\n\nWork it out step by step" in asked
    assert not any("<think>" in prompt for prompt in judge.prompts)
    assert judge.settings[0]["max_gen_toks"] == 2048
    assert judge.settings[0]["do_sample"] is False


@pytest.mark.parametrize(
    ("said", "outcome"), [("A", "order-dependent"), ("B", "order-dependent"), ("tie", "tied")]
)
def test_where_nothing_is_decided_there_is_no_figure(
    run: Path, loads: Any, said: str, outcome: str
) -> None:
    loads(Judge(lambda first, second: said))
    head, row, told = select(run, SETTINGS)
    assert head.split()[5] == "best-of-k"
    assert row.split()[7:] == ["n/a", "0.833", "±", "0.167"]
    assert told == (
        f"ptr_gsm8k: 12 matches: 0 decided, 12 {outcome}. There is no best-of-k figure: the judge "
        "decided no match, so every choice was drawn by a hash."
    )
    rows, facts = written(run, "judge")
    assert facts["counts"][outcome] == facts["counts"]["matches"] == 12
    assert [row["position"] is None for row in rows] == [False] * 5 + [True]
    (selection,) = read_selections(next(run.rglob("samples_*.jsonl")).parent)
    assert not selection.measured
    assert selection.outcomes == {
        "decided": 0, "tied": 0, "order-dependent": 0, "unreadable": 0, "failed": 0, outcome: 12,
    }  # fmt: skip


def test_a_judge_that_states_no_verdict_ends_the_command(run: Path, loads: Any) -> None:
    judge = loads(Judge(lambda first, second: "neither"))
    with pytest.raises(UserError) as caught:
        select(run, SETTINGS)
    assert str(caught.value) == (
        "No match could be read: 16 of 16 replies of the judge org/judge have no verdict in the "
        "form plain (one ends: 'I am sure. Verdict: neither'); choose the judge's "
        "own form with --judge-form."
    )
    assert len(judge.prompts) == 16  # The second round is not played.
    assert list(run.rglob("selections_*.json*")) == []


def test_failed_requests_and_unreadable_replies_are_counted_apart(run: Path, loads: Any) -> None:
    class Moody(Judge):
        def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
            if "[q1]" in prompt:
                raise ValueError("this one is refused")
            said = super()._respond(prompt, settings)
            return "I would rather not say." if "[q2]" in prompt else said

    loads(Moody(by_worth))
    lines = select(run, SETTINGS)
    rows, facts = written(run, "judge")
    assert lines[2] == "ptr_gsm8k: 12 matches: 6 decided, 6 failed."
    assert {name: facts["counts"][name] for name in ("decided", "unreadable", "failed")} == {
        "decided": 6, "unreadable": 0, "failed": 6,
    }  # fmt: skip
    (failed, *_) = rows[2]["matches"]
    assert (failed["outcome"], failed["verdicts"]) == ("failed", [None, None])
    assert failed["failure"] == "ValueError: this one is refused"


@pytest.mark.parametrize("form", [name for name in PAIR_FORMS if name != "plain"])
def test_published_judges_are_asked_and_read_in_their_own_form(
    run: Path, loads: Any, form: str
) -> None:
    loads(Published(form, by_worth))
    settings = replace(SETTINGS, form=PAIR_FORMS[form])
    assert select(run, settings)[2] == "ptr_gsm8k: 12 matches: 12 decided."
    rows, facts = written(run, "judge")
    assert [row["position"] for row in rows] == [2, 0, 3, 3, 2, None]
    assert facts["settings"]["judge_form"]["name"] == form
    assert facts["settings"]["judge_form"]["system"] == PAIR_FORMS[form].system
    (selection,) = read_selections(next(run.rglob("samples_*.jsonl")).parent)
    assert selection.judge_form == form


def test_a_judge_that_is_read_in_another_form_ends_the_command(run: Path, loads: Any) -> None:
    loads(Published("rm-r1-reasoning", by_worth))
    settings = replace(SETTINGS, form=PAIR_FORMS["mt-bench"])
    assert "12 decided" in select(run, settings)[2]  # It has [[A]] in it.
    loads(Published("rm-r1-reasoning", by_worth))
    with pytest.raises(
        UserError, match=r"in the form rrm \(one ends: 'Let me see\. <answer>\[\[[AB]\]\]</answer"
    ):
        select(run, replace(SETTINGS, form=PAIR_FORMS["rrm"]))


def test_one_candidate_needs_no_judge(sums: Path, tmp_path: Path, loads: Any) -> None:
    run = save_run(tmp_path / "run", sums, {0: [[right(0)]], 1: [[wrong()]]})
    judge = loads(Judge(by_worth))
    lines = select(run, SETTINGS, group=1)
    assert judge.prompts == []
    rows, _ = written(run, "judge")
    assert [(row["position"], row["correct"]) for row in rows] == [(0, True), (0, False)]
    assert lines[1].split()[4] == lines[1].split()[7] == "0.500"


def test_a_killed_tournament_goes_on_where_it_stopped(run: Path, loads: Any) -> None:
    first = loads(Judge(by_worth, stops_after=18))
    with pytest.raises(KeyboardInterrupt):
        select(run, SETTINGS)
    assert list(run.rglob("selections_*.json*")) == []
    second = loads(Judge(by_worth))
    select(run, SETTINGS)
    assert len(first.prompts) == 18
    assert len(second.prompts) == 22 - 16  # Rounds that were finished are known.
    resumed = written(run, "judge")
    third = loads(Judge(by_worth))
    select(run, SETTINGS)
    assert third.prompts == []
    assert written(run, "judge")[0] == resumed[0]


def test_long_candidates_are_cut_alike_until_the_judge_can_read_them(
    sums: Path, tmp_path: Path, loads: Any
) -> None:
    class Short(WordLM, Judge):
        max_gen_toks = 16

    texts: list[str | None] = [
        f"{'word ' * 3000} worth {i} The answer is {gold(0)}." for i in (1, 2)
    ]
    run = save_run(tmp_path / "run", sums, {0: [texts]})
    judge = Short(max_length=400)
    judge.prefers = by_worth
    loads(judge)
    select(run, JudgeSettings("fake", {"pretrained": "judge"}, {"max_gen_toks": 16}))
    rows, facts = written(run, "judge")
    assert rows[0]["position"] == 1
    assert facts["counts"]["truncated"] == 1
    assert all(250 < len(prompt.split()) <= 400 for prompt in judge.prompts)


def test_what_was_written_is_read_back(run: Path, loads: Any) -> None:
    loads(Judge(by_worth))
    select(run, SETTINGS, name="mine")
    (samples,) = run.rglob("samples_*.jsonl")
    (selection,) = read_selections(samples.parent)
    assert (selection.task, selection.name, selection.method) == ("ptr_gsm8k", "mine", "judge")
    assert (selection.model, selection.size) == ("org/judge", 4)
    assert selection.samples == samples.name
    assert selection.chosen == {(0, 0): 2, (0, 1): 0, (1, 0): 3, (1, 1): 3, (2, 0): 2, (2, 1): None}
    assert selection.tokens == written(run, "mine")[1]["counts"]["tokens"]
