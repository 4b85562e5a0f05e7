"""Thoughts, then answers: whatever order, shards and stops, the same comes out."""

import random
from pathlib import Path
from typing import Any

import pytest

from ptr_data.filters.outputs import OutputSettings
from ptr_data.methods.ptr.answers import AnswerSettings, write_answers
from ptr_data.methods.ptr.checked_texts import WrittenTexts
from ptr_data.methods.ptr.records import QuestionTexts
from ptr_data.methods.ptr.thoughts import ThoughtSettings, write_thoughts
from ptr_data.models.model import LoadedModel, TextModelSettings
from ptr_data.records import GeneratedText, Question
from tests.ptr_data.models.scripted import ScriptedModel, TextLM, done, queries

CHECKS = OutputSettings()
MIXED = ThoughtSettings()


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


def both(
    asked: list[Question], weak: list[Any], strong: Any, ledger: Path | None = None
) -> WrittenTexts:
    thoughts = done(write_thoughts(asked, weak, MIXED, CHECKS, ledger))
    settings = AnswerSettings(samples=2)
    return done(write_answers(thoughts.kept, strong, settings, CHECKS, ledger))


def by_query(*written: WrittenTexts) -> dict[str, QuestionTexts]:
    return {c.query.id: c for part in written for c in part.kept}


def test_order_and_shards_change_nothing() -> None:
    asked = queries(range(60))
    models = [ScriptedModel("a"), ScriptedModel("b")]
    whole = both(asked, models, ScriptedModel("s"))
    mixed = random.Random(0).sample(asked, len(asked))
    shards = [both(mixed[i : i + 7], models, ScriptedModel("s")) for i in range(0, 60, 7)]
    assert by_query(*shards) == by_query(whole)
    assert [c.query for shard in shards for c in shard.kept] == mixed


def test_what_a_real_model_draws_does_not_depend_on_the_order(tiny_model: Path) -> None:
    model = hf("w", tiny_model, batch_size=4)
    asked = queries(range(7))

    def drawn(order: list[Question]) -> dict[str, list[GeneratedText]]:
        # It never ends by itself, so every text is left out at its token limit.
        found: dict[str, list[GeneratedText]] = {}
        for left in done(write_thoughts(order, [model], MIXED, CHECKS)).left_out:
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
    assert [c.query for c in alone.kept] == [q for q in asked if q != asked[3]]
    with pytest.raises(KeyboardInterrupt):
        run(ledger, stop)
    resumed, asked_again = run(ledger)
    assert resumed == alone
    assert (asked_again < requests) == (stop >= 40)  # One model's batch was finished by then.
