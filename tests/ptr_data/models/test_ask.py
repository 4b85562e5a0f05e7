"""What goes wrong with all of a model's texts ends the build after the first shard."""

import logging

import pytest

from ptr_data.models.ask import ask
from ptr_data.models.model import Prompt
from ptr_data.records import GeneratedText
from ptr_eval.conversation import Conversation
from ptr_eval.errors import UserError
from tests.ptr_data.models.scripted import ScriptedModel, done, queries, text


def prompts(count: int) -> list[Prompt]:
    return [Prompt(query, Conversation.ask(query.text)) for query in queries(range(count))]


def cutting(cut: int) -> ScriptedModel:
    written: list[GeneratedText] = []

    def write(question: str, sample: int) -> GeneratedText:
        written.append(text("half a", full=len(written) < cut))
        return written[-1]

    return ScriptedModel("w", write)


def test_texts_that_all_reach_the_limit_stop_the_build() -> None:
    with pytest.raises(UserError) as caught:
        done(ask(cutting(20), prompts(10), 2, None))
    assert str(caught.value) == (
        "Model w: 20 of 20 texts reach the token limit of 2 and may be cut off; raise "
        "`max_new_tokens` in its `generation`, or name there under `stop` where its texts end."
    )


def test_most_texts_at_the_limit_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert len(done(ask(cutting(11), prompts(20), 1, None))) == 20
    (record,) = caplog.records
    assert record.getMessage().startswith("Model w: 11 of 20 texts reach the token limit of 2 and")
    assert record.getMessage().endswith("Texts that are cut off are not used as they are.")


@pytest.mark.parametrize(("cut", "count"), [(10, 20), (0, 20), (19, 19)])
def test_half_of_the_texts_or_few_texts_say_nothing(
    cut: int, count: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert len(done(ask(cutting(cut), prompts(count), 1, None))) == count
    assert not caplog.records
