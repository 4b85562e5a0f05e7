"""Comparisons from end to end: recorded and scripted models; given scores, a scorer, a judge."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import wilcoxon

from ptr_data.compare.run import compare_from, plan
from ptr_eval.errors import UserError
from tests.ptr_data.compare.compare_factory import (
    SCORES,
    prepare,
    score_of,
    settings,
    write_lines,
)
from tests.ptr_data.methods.ptr.ptr_factory import QUESTIONS, question
from tests.ptr_data.models.scripted import TextLM

SEEN = "I looked at the attempts."
JUDGED = {"kind": "judge", "model": "judge"}


def result(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / "comparison.json").read_text())
    return found


def line(folder: Path, kind: str, **wanted: Any) -> dict[str, Any]:
    """The one comparison of a kind."""
    wanted["kind"] = kind
    found: list[dict[str, Any]] = result(folder)["comparisons"]
    (one,) = [each for each in found if {**each, **wanted} == each]
    return one


def live(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "backend": "scripted", "args": {"is": name}} for name in names]


Answer = Callable[[str, str], str]
"""From a model's name and a prompt to its reply."""


@pytest.fixture
def lms(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, TextLM]]:
    """Make models answer by a function of their name and the prompt."""

    def script(answer: Answer, stops_after: int | None = None) -> dict[str, TextLM]:
        made: dict[str, TextLM] = {}

        def load(backend: str, args: dict[str, Any]) -> TextLM:
            name = args["is"]
            limit = stops_after if name == "judge" else None
            if name not in made:
                made[name] = TextLM(lambda prompt: answer(name, prompt), stops_after=limit)
            return made[name]

        monkeypatch.setattr("ptr_eval.harness.loading.load_model", load)
        return made

    return script


def number(prompt: str) -> int:
    return int(prompt.rpartition("Number ")[2].partition(":")[0])


def writes(name: str, prompt: str) -> str:
    """Answer longer with thoughts; the judge prefers that, or finds a tie."""
    if name == "judge":
        first, _, second = prompt.rpartition("Answer B:")
        better = [SEEN in part for part in (first, second)]
        return f"Verdict: {'tie' if better[0] == better[1] else 'AB'[better[1]]}"
    seen = f" {SEEN}" * ("<attempt" in prompt)
    return f"{name} says {number(prompt)}.{seen}"


def test_given_scores_are_compared_in_all_ways(tmp_path: Path) -> None:
    said = compare_from(prepare(tmp_path, sample=QUESTIONS))
    assert said == (tmp_path / "out" / "comparison.md").read_text()
    names = {
        ("strength", "small", "large"),
        ("thoughts", "large", "large+thoughts(small)"),
        ("thoughts", "large+examples", "large+thoughts(small)+examples"),
        ("examples", "large", "large+examples"),
        ("examples", "large+thoughts(small)", "large+thoughts(small)+examples"),
    }
    found = result(tmp_path)
    assert {(c["kind"], c["before"], c["after"]) for c in found["comparisons"]} == names
    p_values = []
    for each in found["comparisons"]:
        before, after = (
            np.array([score_of(each[side], n) for n in range(QUESTIONS)])
            for side in ("before", "after")
        )
        assert each["questions"] == QUESTIONS
        assert each["after_mean"] == pytest.approx(after.mean())
        assert each["difference"] == pytest.approx((after - before).mean())
        assert each["better"] == np.sum(after > before)
        p = wilcoxon(after - before, zero_method="pratt", method="approx").pvalue
        assert each["p"] == pytest.approx(p)
        p_values.append(p)
    assert max(p_values) <= max(each["adjusted_p"] for each in found["comparisons"])
    assert found["sentence"].startswith(
        "With the thoughts of small, the answers of large are better (0.829 against 0.550 on 30 "
        "questions; difference +0.279 (+0.271 to +0.286), adjusted p = "
    )
    assert found["sentence"].endswith("; scores of scores.jsonl).")
    assert found["pairs"] == [{"weak": "small", "strong": "large", "thoughts": 1.0, "kept": 1.0}]


def test_a_sweep_says_how_many_pairs_gain(tmp_path: Path) -> None:
    weak, strong = ("small", "tiny"), ("large", "huge")
    models = [
        {"name": name, "backend": "recorded", "args": {"file": "all.jsonl"}}
        for name in (*weak, *strong)
    ]
    path = prepare(
        tmp_path, models=models, weak=list(weak), strong=list(strong), thoughts=1,
        measure={"kind": "given", "file": "all-scores.jsonl"},
    )  # fmt: skip
    names = [*weak]
    for one in strong:
        ways = (one, *(f"{one}+thoughts({other})" for other in weak))
        names += [f"{way}{shown}" for way in ways for shown in ("", "+examples")]
    write_lines(
        tmp_path / "all.jsonl",
        [
            {"query": question(n), "model": name,
             "texts": ["" if name == "tiny" and n % 2 else f"{name} on {n}"]}
            for name in names for n in range(QUESTIONS)
        ],
    )  # fmt: skip
    gains = {"large+thoughts(small)": 0.2, "huge+thoughts(tiny)": -0.2}
    write_lines(
        tmp_path / "all-scores.jsonl",
        [
            {"query": question(n), "model": name,
             "score": 0.5 + gains.get(name.removesuffix("+examples"), 0) + hash_noise(name, n)}
            for name in names for n in range(QUESTIONS)
        ],
    )  # fmt: skip
    compare_from(path)
    found = result(tmp_path)
    assert len(found["comparisons"]) == 4 + 2 * 4 + 2 * 3
    assert found["sentence"] == (
        "The thoughts of a weak model make the answers of a strong one better in 1 of 4 pairs of "
        "models, worse in 1 and not clearly different in 2 (scores of all-scores.jsonl, "
        "Holm-adjusted p up to 0.05)."
    )
    shares = {(pair["weak"], pair["strong"]): pair["kept"] for pair in found["pairs"]}
    assert shares["small", "large"] == shares["small", "huge"] == 1
    assert 0 < shares["tiny", "large"] == shares["tiny", "huge"] < 1


def hash_noise(name: str, n: int) -> float:
    return ((n * 31 + len(name) * 17) % 11 - 5) / 100


def test_a_judge_compares_in_both_orders(tmp_path: Path, lms: Callable[..., Any]) -> None:
    made = lms(writes)
    compare_from(prepare(tmp_path, models=live("small", "large", "judge"), measure=JUDGED))
    with_thoughts = line(tmp_path, "thoughts", examples=True)
    assert (with_thoughts["before_mean"], with_thoughts["after_mean"]) == (0, 1)
    assert with_thoughts["matches"]["decided"] == with_thoughts["questions"] == 20
    assert with_thoughts["verdict"] == "better"
    assert line(tmp_path, "examples", weak=None)["matches"]["tied"] == 20
    assert line(tmp_path, "examples", weak=None)["verdict"] == "unclear"
    assert with_thoughts["after_length"] > with_thoughts["before_length"]
    asked = made["judge"].prompts  # Equal questions with equal answers are asked once.
    assert 100 < len(asked) == len(set(asked)) < 200
    said = (tmp_path / "out" / "comparison.md").read_text()
    assert "judge judge, in the form plain, a tie is half a win" in said
    assert "20 matches: 20 decided" in said


def test_a_judge_of_its_own_texts_is_named(tmp_path: Path, lms: Callable[..., Any]) -> None:
    lms(lambda name, prompt: writes("judge" if "Answer B:" in prompt else name, prompt))
    note = "The judge large compares texts of its own, which it may prefer."
    models = live("small", "large", "judge")
    own = compare_from(prepare(tmp_path, models=models, measure={**JUDGED, "model": "large"}))
    assert note in own
    other = compare_from(prepare(tmp_path / "other", models=models, measure=JUDGED))
    assert "compares texts of its own" not in other


def test_models_without_a_common_score_say_nothing(tmp_path: Path) -> None:
    path = prepare(tmp_path, sample=QUESTIONS)
    write_lines(
        tmp_path / "scores.jsonl",
        [
            {"query": question(n), "model": name, "score": 0.5}
            for n, name in enumerate(SCORES)
        ],
    )  # fmt: skip
    compare_from(path)
    found = result(tmp_path)
    assert found["sentence"] == (
        "Nothing can be said of small and large, for no question has a score (scores of "
        "scores.jsonl)."
    )
    assert {each["p"] for each in found["comparisons"]} == {None}
    assert {each["verdict"] for each in found["comparisons"]} == {"unclear"}


def test_a_stopped_comparison_goes_on(tmp_path: Path, lms: Callable[..., Any]) -> None:
    changed: dict[str, Any] = {"models": live("small", "large", "judge"), "measure": JUDGED}
    whole = lms(writes)
    compare_from(prepare(tmp_path / "whole", **changed))
    stopped = lms(writes, stops_after=30)
    path = prepare(tmp_path / "stopped", **changed)
    with pytest.raises(KeyboardInterrupt):
        compare_from(path)
    assert not (tmp_path / "stopped" / "out" / "comparison.json").exists()
    rest = lms(writes)
    compare_from(path)
    assert result(tmp_path / "stopped") == result(tmp_path / "whole")
    assert len(rest["small"].prompts) == len(rest["large"].prompts) == 0
    assert (
        len(rest["judge"].prompts)
        <= len(whole["judge"].prompts) - len(stopped["judge"].prompts) + 20
    )  # A chunk of requests that were in flight.
    again = lms(writes)
    compare_from(path)
    assert again == {}  # A finished comparison is not done again.


def test_failed_requests_are_counted_and_asked_again(
    tmp_path: Path, lms: Callable[..., Any]
) -> None:
    def fails(name: str, prompt: str) -> str:
        if name == "large" and number(prompt) % 10 == 3 and "<attempt" in prompt:
            raise ValueError("503: overloaded")
        return writes(name, prompt)

    lms(fails)
    path = prepare(
        tmp_path, sample=QUESTIONS, models=live("small", "large", "judge"), measure=JUDGED
    )
    assert "6 requests failed and are left out" in compare_from(path)
    assert line(tmp_path, "thoughts", examples=True)["questions"] == QUESTIONS - 3
    made = lms(writes)
    assert "requests failed" not in compare_from(path)
    assert len(made["large"].prompts) == 6
    assert line(tmp_path, "thoughts", examples=True)["questions"] == QUESTIONS


def test_a_scorer_compares_with_the_source_s_answers(
    tmp_path: Path, lms: Callable[..., Any]
) -> None:
    def counts(name: str, prompt: str) -> str:
        right = name == "large" and "<attempt" in prompt
        return f"The answer is {number(prompt) + (0 if right else 1)}."

    lms(counts)
    measure = {"kind": "scorer", "scorer": "number_flexible"}
    path = prepare(tmp_path, models=live("small", "large"), measure=measure)
    write_lines(
        tmp_path / "queries.jsonl",
        [{"question": question(n), "output": str(n) if n < 25 else ""} for n in range(QUESTIONS)],
    )
    compare_from(path)
    found = line(tmp_path, "thoughts", examples=False)
    assert (found["before_mean"], found["after_mean"], found["questions"]) == (0, 1, 20)


def test_answers_can_be_used_as_recorded_ones(tmp_path: Path, lms: Callable[..., Any]) -> None:
    lms(writes)
    given = settings()["measure"]
    path = prepare(tmp_path, models=live("small", "large"), measure=given)
    compare_from(path)
    (tmp_path / "again").mkdir()
    answers = (tmp_path / "out" / "answers.jsonl").read_text()
    prepare(tmp_path / "again")
    (tmp_path / "again" / "recorded.jsonl").write_text(answers)
    compare_from(tmp_path / "again" / "compare.yaml")
    assert result(tmp_path / "again") == result(tmp_path)
    assert {json.loads(line)["model"] for line in answers.splitlines()} == set(SCORES)


def test_scores_can_be_given_after_the_answers(tmp_path: Path) -> None:
    path = prepare(tmp_path)
    scores = (tmp_path / "scores.jsonl").rename(tmp_path / "later.jsonl")
    with pytest.raises(UserError) as caught:
        compare_from(path)
    assert str(caught.value) == (
        f"`measure.file` {tmp_path / 'scores.jsonl'}: no such file; score the texts of "
        f"{tmp_path / 'out' / 'answers.jsonl'}, by query and model."
    )
    scores.rename(tmp_path / "scores.jsonl")
    assert "better" in compare_from(path)


def test_a_plan_asks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(backend: str, args: dict[str, Any]) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr("ptr_eval.harness.loading.load_model", load)
    path = prepare(tmp_path, models=live("small", "large", "judge"), measure=JUDGED)
    said = plan(path)
    assert said.startswith("20 questions, each answered in every way; nothing is asked now.\n")
    assert "- small: 40 requests (2 thoughts to each question)" in said
    assert (
        "- large: up to 80 requests, as large, large+examples, large+thoughts(small), "
        "large+thoughts(small)+examples"
    ) in said
    assert "- judge: up to 200 requests (100 matches in both orders)" in said
    for shown in ("large+thoughts(small)+examples is asked:", "(thought 2 of small)", "cut apples"):
        assert shown in said
    assert not (tmp_path / "out").exists()


def test_a_judge_that_cannot_be_read_ends_it(tmp_path: Path, lms: Callable[..., Any]) -> None:
    lms(lambda name, prompt: "hm" if name == "judge" else writes(name, prompt))
    path = prepare(tmp_path, models=live("small", "large", "judge"), measure=JUDGED)
    with pytest.raises(UserError, match=r"No match could be read: 200 of 200 replies of the judge"):
        compare_from(path)


def test_a_folder_of_something_else_is_refused_and_stays(tmp_path: Path) -> None:
    path = prepare(tmp_path)
    theirs = tmp_path / "out" / "answers.jsonl"
    theirs.parent.mkdir()
    theirs.write_text("mine")
    with pytest.raises(UserError, match=r"out has answers.jsonl of something else, which would be"):
        compare_from(path)
    assert [each.read_text() for each in theirs.parent.iterdir()] == ["mine"]
