"""Thoughts and answers: how many, by whom, what is left out and what goes on."""

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_data.filters.outputs import OutputSettings
from ptr_data.methods.ptr.answers import AnswerSettings, write_answers
from ptr_data.methods.ptr.checked_texts import WrittenTexts
from ptr_data.methods.ptr.prompts import BUILT_IN, TASK
from ptr_data.methods.ptr.thoughts import ThoughtSettings, thought_count, write_thoughts
from ptr_data.models.model import LoadedModel, TextModelSettings
from ptr_data.records import GeneratedText, Question, QuestionTexts
from ptr_eval.config import checked
from ptr_eval.errors import UserError
from tests.ptr_data.models.scripted import ScriptedModel, TextLM, queries, query, text

CHECKS = OutputSettings()
MIXED = ThoughtSettings()
TWO = ThoughtSettings(proportions={2: 1.0})


def hf(name: str, folder: Path, **args: Any) -> LoadedModel:
    given = {"pretrained": str(folder), "device": "cpu", **args}
    return LoadedModel(
        TextModelSettings(
            name=name,
            backend="hf",
            args=given,
            generation={"max_new_tokens": 10},  # type: ignore[arg-type]
        )
    )


def candidate(*thoughts: str, shown: int | None = None) -> QuestionTexts:
    written = tuple(text(thought) for thought in thoughts)
    return QuestionTexts(
        query("What is 1?"), written, len(thoughts) if shown is None else shown, ()
    )


# How many thoughts


def test_numbers_of_thoughts_come_in_their_proportions() -> None:
    shares = {0: 0.2, 1: 0.3, 2: 0.5}
    drawn = Counter(thought_count(q.id, shares, 0) for q in queries(range(10_000)))
    assert {n: drawn[n] / 10_000 for n in shares} == pytest.approx(shares, abs=0.015)


@given(st.dictionaries(st.integers(0, 9), st.floats(0.01, 1), min_size=1), st.text())
def test_a_number_is_always_one_that_was_asked_for(weights: dict[int, float], name: str) -> None:
    total = sum(weights.values())
    shares = {n: weight / total for n, weight in weights.items()} | {10: 0.0}
    assert thought_count(name, shares, 0) in weights
    assert thought_count(name, shares, 0) == thought_count(name, shares, 0)


def test_another_seed_decides_anew() -> None:
    ids = [q.id for q in queries(range(200))]
    one, other = ([thought_count(i, {0: 0.5, 1: 0.5}, seed) for i in ids] for seed in (0, 1))
    assert 60 < sum(a != b for a, b in zip(one, other, strict=True)) < 140


@pytest.mark.parametrize("shares", [{0: 0.5}, {}, {0: 0.5, 1: 0.6}])
def test_proportions_that_are_no_whole_are_refused(shares: dict[int, float]) -> None:
    with pytest.raises(UserError, match="must have shares that sum to 1"):
        checked({"proportions": shares}, ThoughtSettings, Path("c.yaml"))


# Thoughts


def test_a_question_gets_as_many_thoughts_as_it_shows_and_a_draft_if_none() -> None:
    asked = queries(range(50))
    written = write_thoughts(asked, [ScriptedModel("w")], MIXED, CHECKS)
    assert [c.query for c in written.candidates] == asked
    for c in written.candidates:
        assert c.shown == thought_count(c.query.id, MIXED.proportions, 0)
        texts = [f"w{i} on {c.query.text}" for i in range(max(c.shown, 1))]
        assert [thought.text for thought in c.thoughts] == texts
    assert {c.shown for c in written.candidates} == {0, 1, 2}
    assert not written.dropped
    assert not written.left_out


@pytest.mark.parametrize(
    ("models", "count", "writers"),
    [(1, 3, "aaa"), (2, 1, "a"), (2, 2, "ab"), (2, 3, "aab"), (3, 3, "abc"), (3, 2, "ab")],
)
def test_models_write_in_the_order_of_the_configuration(
    models: int, count: int, writers: str
) -> None:
    weak = [ScriptedModel(name) for name in "abc"[:models]]
    settings = ThoughtSettings(proportions={count: 1.0})
    (c,) = write_thoughts(queries([1]), weak, settings, CHECKS).candidates
    assert "".join(thought.model for thought in c.thoughts) == writers
    assert len({thought.text for thought in c.thoughts}) == count


def test_drawn_models_all_get_their_share_and_stay_in_order() -> None:
    weak = [ScriptedModel(name) for name in "abc"]
    settings = ThoughtSettings(proportions={2: 1.0}, order="drawn")
    written = write_thoughts(queries(range(900)), weak, settings, CHECKS)
    pairs = ["".join(t.model for t in c.thoughts) for c in written.candidates]
    assert all(pair == "".join(sorted(pair)) for pair in pairs)
    counts = Counter("".join(pairs))
    assert all(500 < counts[name] < 700 for name in "abc")


def test_a_bad_thought_is_left_out_and_the_question_goes_on() -> None:
    def write(query: str, sample: int) -> str | GeneratedText:
        return text("cut", full=True) if sample == 0 else "a thought"

    written = write_thoughts(queries([1]), [ScriptedModel("w", write)], TWO, CHECKS)
    (c,) = written.candidates
    assert [thought.text for thought in c.thoughts] == ["a thought"]
    assert c.shown == 1
    (left,) = written.left_out
    assert (left.query, left.stage, left.generation.text) == (c.query.id, "thoughts", "cut")
    assert (left.reason, left.detail) == ("token limit", "1 tokens")


@pytest.mark.parametrize("shown", [0, 1, 3])
def test_a_question_without_a_good_thought_is_dropped_for_the_commonest_reason(shown: int) -> None:
    def write(query: str, sample: int) -> str | GeneratedText:
        return text("", failed="out of memory") if sample == 1 else ""

    settings = ThoughtSettings(proportions={shown: 1.0})
    written = write_thoughts(queries([1]), [ScriptedModel("w", write)], settings, CHECKS)
    assert written.candidates == ()
    (dropped,) = written.dropped
    assert (dropped.stage, dropped.reason) == ("thoughts", "empty")
    assert len(written.left_out) == max(shown, 1)


def test_a_model_that_fails_on_everything_ends_the_build() -> None:
    broken = ScriptedModel("w", lambda query, sample: text("", failed="HTTPError: 404"))
    assert len(write_thoughts(queries(range(19)), [broken], TWO, CHECKS).dropped) == 19
    with pytest.raises(UserError, match=r"Model w failed on all of 20 questions \(HTTPError: 404"):
        write_thoughts(queries(range(20)), [broken], TWO, CHECKS)


# Answers


def test_the_strong_model_sees_examples_question_and_shown_thoughts_only() -> None:
    strong = ScriptedModel("s")
    c = candidate("first", "second", "spare", shown=2)
    (answered,) = write_answers([c], strong, AnswerSettings(samples=3), CHECKS).candidates
    assert [answer.text for answer in answered.answers] == [f"s{i} on What is 1?" for i in range(3)]
    (prompt,) = strong.prompts
    shown = [message["content"] for message in prompt.opening.messages()]
    assert len(shown) == 2 * len(BUILT_IN) + 1
    assert all(part in shown[-1] for part in ("What is 1?", "first", "second", TASK))
    assert "spare" not in "".join(shown)
    assert all(part in shown[0] for part in (BUILT_IN[0].query, *BUILT_IN[0].thoughts, TASK))
    assert shown[1] == BUILT_IN[0].answer


@pytest.mark.parametrize("shown", [0, 2])
def test_the_strong_model_can_be_shown_the_question_alone(shown: int) -> None:
    strong = ScriptedModel("s")
    settings = AnswerSettings(sees_thoughts=shown == 0)
    write_answers([candidate("first", "second", shown=shown)], strong, settings, CHECKS)
    shown_texts = [message["content"] for message in strong.prompts[0].opening.messages()]
    assert shown_texts[-1] == "What is 1?"
    whole = "".join(shown_texts)
    hidden = ["first", "second", TASK, *(t for e in BUILT_IN for t in e.thoughts)]
    assert not any(part in whole for part in hidden)
    assert BUILT_IN[0].answer in whole


def test_examples_come_from_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text('{"query": "q", "thoughts": ["t"], "answer": "a"}\n')
    for choice, count in (("mine.jsonl", 1), ("none", 0), ("built-in", 2)):
        settings = checked({"examples": choice}, AnswerSettings, tmp_path / "c.yaml")
        strong = ScriptedModel("s")
        write_answers([candidate("first")], strong, settings, CHECKS)
        assert len(strong.prompts[0].opening.messages()) == 2 * count + 1


def test_bad_answers_are_left_out_and_a_question_without_good_ones_is_dropped() -> None:
    def write(query: str, sample: int) -> str | GeneratedText:
        bad: list[str | GeneratedText] = ["", text("", failed="refused"), "a thought", "loop " * 99]
        return bad[sample] if "1" in query or sample else "good"

    asked = [candidate("a thought"), QuestionTexts(query("What is 2?"), (text("t"),), 1, ())]
    written = write_answers(asked, ScriptedModel("s", write), AnswerSettings(), CHECKS)
    (kept,) = written.candidates
    assert [answer.text for answer in kept.answers] == ["good", "a thought"]
    (dropped,) = written.dropped
    assert (dropped.query, dropped.stage) == (asked[0].query, "answers")
    assert dropped.reason == "empty"  # As common as the others, and the first.
    reasons = Counter(left.reason for left in written.left_out)
    assert reasons == {
        "empty": 1, "failed": 2, "answer copies a thought": 1, "repeats itself": 2,
    }  # fmt: skip


# Both


def both(
    asked: list[Question], weak: list[Any], strong: Any, ledger: Path | None = None
) -> WrittenTexts:
    thoughts = write_thoughts(asked, weak, MIXED, CHECKS, ledger)
    settings = AnswerSettings(samples=2)
    return write_answers(thoughts.candidates, strong, settings, CHECKS, ledger)


def by_query(*written: WrittenTexts) -> dict[str, QuestionTexts]:
    return {c.query.id: c for part in written for c in part.candidates}


def test_order_and_shards_change_nothing() -> None:
    asked = queries(range(60))
    models = [ScriptedModel("a"), ScriptedModel("b")]
    whole = both(asked, models, ScriptedModel("s"))
    mixed = random.Random(0).sample(asked, len(asked))
    shards = [both(mixed[i : i + 7], models, ScriptedModel("s")) for i in range(0, 60, 7)]
    assert by_query(*shards) == by_query(whole)
    assert [c.query for shard in shards for c in shard.candidates] == mixed


def test_what_a_real_model_draws_does_not_depend_on_the_order(tiny_model: Path) -> None:
    model = hf("w", tiny_model, batch_size=4)
    asked = queries(range(7))

    def drawn(order: list[Question]) -> dict[str, list[GeneratedText]]:
        # It never ends by itself, so every text is left out at its token limit.
        found: dict[str, list[GeneratedText]] = {}
        for left in write_thoughts(order, [model], MIXED, CHECKS).left_out:
            assert left.reason == "token limit"
            found.setdefault(left.query, []).append(left.generation)
        return found

    forth = drawn(asked)
    assert len({text.text for texts in forth.values() for text in texts}) > 7
    assert drawn(asked[::-1]) == forth


@pytest.mark.parametrize("stop", [0, 1, 40, 80])
def test_a_killed_stage_goes_on_where_it_stopped(tmp_path: Path, stop: int) -> None:
    def answer(prompt: str) -> str:
        if prompt.startswith("What is 3?"):
            raise ValueError("refused")
        return f"So {len(prompt)}, on {prompt.rsplit('What is')[-1][:3]}"

    def run(ledger: Path | None, stops_after: int | None = None) -> tuple[WrittenTexts, int]:
        lm = TextLM(answer, stops_after=stops_after)
        weak, strong = (
            LoadedModel(TextModelSettings(name=name, backend="dummy"), lm) for name in ("w", "s")
        )
        return both(asked, [weak], strong, ledger), len(lm.prompts)

    asked, ledger = queries(range(30)), tmp_path / "ledger"
    alone, requests = run(None)
    assert [c.query for c in alone.candidates] == [q for q in asked if q != asked[3]]
    with pytest.raises(KeyboardInterrupt):
        run(ledger, stop)
    resumed, asked_again = run(ledger)
    assert resumed == alone
    assert (asked_again < requests) == (stop >= 40)  # One model's batch was finished by then.
