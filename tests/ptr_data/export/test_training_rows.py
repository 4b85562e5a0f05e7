"""Finished rows: what they hold, and that evaluation would ask just that."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_data.export.training_rows import (
    Provenance,
    TrainingMessage,
    TrainingRow,
    dpo_row,
    ift_row,
    prompt_completion_row,
    split_of,
    storable,
    training_row,
)
from ptr_data.filters.consistency import Consistency
from ptr_data.jsonl import from_json
from ptr_data.methods.ptr.records import QuestionTexts
from ptr_data.methods.ptr.rows import ptr_row, sft_row
from ptr_data.records import question_id
from ptr_eval.conversation import Conversation, Message
from ptr_eval.engine import InBatches, PendingTurn, hold
from ptr_eval.protocols import Reply, Sequential
from ptr_eval.thinking import visible_answer
from tests.ptr_data.export.row_factory import (
    ORIGINS,
    PROTOCOL,
    TEXTS,
    plain,
    query,
    question_texts,
    refined,
    weak,
)

SCORE = Consistency(1, 0.75, 0.5)


def test_a_refinement_row_in_full() -> None:
    row = refined()
    assert row.id == f"ptr-{question_id('What is 2+2?')}"
    assert row.messages == (
        TrainingMessage("user", "What is 2+2?"),
        TrainingMessage("assistant", "3", 0),
        TrainingMessage("user", "Again, please."),
        TrainingMessage("assistant", "5", 0),
        TrainingMessage("user", "Again, please."),
        TrainingMessage("assistant", "It is 4.", 1),
    )
    assert (row.thoughts, row.answer, row.reference) == (("3", "5"), "It is 4.", "4")
    assert row.provenance == Provenance(
        (ORIGINS["weak"], ORIGINS["weak"]), ORIGINS["strong"], ORIGINS["weak"]
    )
    assert (row.scores.consistency, row.scores.thought_similarity) == (0.75, 0.5)
    assert (row.tokens.thoughts, row.tokens.answer) == ((10, 10), 9)


def test_without_thoughts_the_row_is_question_and_answer() -> None:
    row = refined(shown=0)
    assert [(m.role, m.weight) for m in row.messages] == [("user", None), ("assistant", 1)]
    assert (row.thoughts, row.provenance.thoughts, row.tokens.thoughts) == ((), (), ())


@given(TEXTS, st.lists(TEXTS | st.just("<think>a</think>b"), max_size=4))
@settings(max_examples=60, deadline=None)
def test_up_to_the_answer_a_row_is_what_evaluation_asks_in_that_round(
    question: str, thoughts: list[str]
) -> None:
    asked: list[list[dict[str, str]]] = []

    def model(pending: list[PendingTurn]) -> list[Reply]:
        (turn,) = pending
        asked.append(turn.turn.conversation.messages())
        return [Reply([*thoughts, "unused"][turn.step - 1])]

    evaluation = Sequential(rounds=len(thoughts) + 1, instruction=PROTOCOL.instruction)
    hold([evaluation.converse(Conversation.ask(question))], InBatches(model))
    made = question_texts(thoughts, len(thoughts), query(question))
    row = ptr_row(made, SCORE, PROTOCOL, ORIGINS, "train")
    assert [{"role": m.role, "content": m.content} for m in row.messages[:-1]] == asked[-1]


@given(st.lists(TEXTS, max_size=4))
@settings(max_examples=30, deadline=None)
def test_the_loss_counts_the_last_answer_alone(thoughts: list[str]) -> None:
    row = ptr_row(question_texts(thoughts, len(thoughts)), SCORE, PROTOCOL, ORIGINS, "train")
    spoken = [m.weight for m in row.messages if m.role == "assistant"]
    # An empty thought is not shown, as evaluation does not show an empty answer.
    assert spoken == [0] * sum(bool(visible_answer(t).strip()) for t in thoughts) + [1]
    assert all(m.weight is None for m in row.messages if m.role != "assistant")
    assert row.messages[-1].content == row.answer


def test_a_plain_row_answers_as_its_source_does() -> None:
    row = plain()
    assert row.messages == (
        TrainingMessage("user", "Name a colour."),
        TrainingMessage("assistant", "Blue.", 1),
    )
    assert (row.kind, row.provenance, row.draft) == ("sft", Provenance(), None)


def test_a_plain_row_needs_an_answer() -> None:
    with pytest.raises(ValueError, match=r"made\.jsonl, row 7"):
        sft_row(query(reference=" "), "train")


def test_the_draft_is_a_hidden_one_rather_than_a_shown_one() -> None:
    row = ptr_row(question_texts(("3", "5", "6"), 2), SCORE, PROTOCOL, ORIGINS, "train")
    assert (row.thoughts, row.draft) == (("3", "5"), "6")


def test_thoughts_that_are_empty_failed_or_cut_off_are_no_drafts() -> None:
    drafts = (weak("good"), weak(" "), weak("", failed="timeout"), weak("cut", full=True))
    made = QuestionTexts(query(), drafts, 1, question_texts().answers)
    assert ptr_row(made, SCORE, PROTOCOL, ORIGINS, "train").draft == "good"
    made = QuestionTexts(query(), drafts[1:], 0, question_texts().answers)
    row = ptr_row(made, SCORE, PROTOCOL, ORIGINS, "train")
    assert (row.draft, row.provenance.draft, dpo_row(row)) == (None, None, None)


def test_a_prompt_and_its_completion_are_the_conversation() -> None:
    for row in (refined(), refined(shown=0), plain()):
        cut = prompt_completion_row(row)
        said = [Message(message.role, message.content) for message in row.messages]
        assert [*cut.prompt, *cut.completion] == said
        assert (cut.id, cut.completion) == (row.id, (Message("assistant", row.answer),))


def test_rows_of_older_builds_are_read() -> None:
    row = refined()
    old = json.loads(json.dumps(asdict(row)))
    old["rejected"] = old.pop("draft")
    old["provenance"]["rejected"] = old["provenance"].pop("draft")
    assert training_row(old) == training_row(asdict(row)) == row
    assert row.draft == "3"


def test_baselines_see_the_same_question_and_answer() -> None:
    row = refined()
    pair = dpo_row(row)
    assert pair is not None
    assert pair.prompt == (Message("user", row.query),)
    assert (pair.chosen, pair.rejected) == (
        (Message("assistant", row.answer),),
        (Message("assistant", "3"),),
    )
    assert ift_row(row).messages == (
        TrainingMessage("user", row.query),
        TrainingMessage("assistant", row.answer, 1),
    )
    assert ift_row(row).id == pair.id == row.id


def test_a_draft_that_equals_the_answer_makes_no_pair() -> None:
    row = refined()
    assert dpo_row(replace(row, draft="It  is 4.\n")) is None
    assert dpo_row(plain()) is None


def test_rows_survive_json() -> None:
    for row in (refined(), refined(shown=0), plain()):
        assert from_json(json.loads(json.dumps(asdict(row))), TrainingRow) == row


@given(st.text(st.characters(), max_size=20))
@settings(max_examples=60, deadline=None)
def test_what_is_stored_is_valid_and_valid_texts_are_stored_as_they_are(text: str) -> None:
    stored = storable(text)
    stored.encode("utf-8")
    assert storable(stored) == stored
    if not any("\ud800" <= c <= "\udfff" for c in text):
        assert stored == text


def test_broken_surrogates_are_replaced_everywhere() -> None:
    made = question_texts(("\udc00",), 1, query("q\ud800", "r\udfff"))
    row = ptr_row(made, SCORE, PROTOCOL, ORIGINS, "train")
    json.dumps(asdict(row), ensure_ascii=False).encode("utf-8")
    assert row.messages[0].content == row.query == "q\ufffd"


@given(st.text(max_size=20), st.floats(0, 1), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_equal_questions_share_a_split_at_any_share_that_grows(
    text: str, share: float, seed: int
) -> None:
    split = split_of(question_id(text), share, seed)
    assert split == split_of(question_id(f"  {text} "), share, seed)
    assert split_of(question_id(text), 0, seed) == "train"
    assert split_of(question_id(text), 1, seed) == "dev"
    if split == "dev":
        assert split_of(question_id(text), min(1, share + 0.1), seed) == "dev"


def test_the_split_has_about_the_share_asked_for_and_follows_the_seed() -> None:
    ids = [question_id(str(n)) for n in range(4000)]
    by_seed = [[split_of(i, 0.1, seed) for i in ids] for seed in (0, 1)]
    # Four standard deviations of a binomial with n = 4000 and p = 0.1 are 76.
    assert all(abs(splits.count("dev") - 400) < 76 for splits in by_seed)
    assert by_seed[0] != by_seed[1]


def test_the_split_never_changes_between_versions() -> None:
    ids = [question_id(str(n)) for n in range(20)]
    assert [n for n, i in enumerate(ids) if split_of(i, 0.3, 0) == "dev"] == [
        0,
        2,
        6,
        9,
        12,
        13,
        14,
        15,
        17,
    ]
