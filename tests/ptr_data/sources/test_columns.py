"""Every published form of instruction data is understood."""

from typing import Any

import pytest

from ptr_data.sources.columns import (
    SYSTEM_DROPPED,
    SYSTEM_KEPT,
    Columns,
    Form,
    choose_columns,
    read_exchange,
    unused,
)
from ptr_data.sources.conversations import CUT, LEFT_OUT
from ptr_data.sources.rows import DataRow
from ptr_eval.errors import UserError


def row(**values: Any) -> DataRow:
    return DataRow(values, "data.jsonl", 7, "line")


def read(values: dict[str, Any], form: Form | Columns = "auto") -> tuple[str, str]:
    found = read_exchange(row(**values), choose_columns(row(**values), form))
    return found.question, found.answer


SHAREGPT = {
    "id": "x_0",
    "conversations": [{"from": "human", "value": "Hi?"}, {"from": "gpt", "value": "Hello."}],
}
MESSAGES = {
    "messages": [{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Hello."}]
}
SELF_INSTRUCT = {
    "id": "seed_task_1",
    "instruction": "What is the relation?",
    "instances": [{"input": "Night : Day", "output": "Opposites."}],
}


@pytest.mark.parametrize(
    ("values", "form", "question", "answer"),
    [
        ({"question": "Why?", "output": "So."}, "wizardlm", "Why?", "So."),
        ({"instruction": "Why?", "output": "So."}, "wizardlm", "Why?", "So."),
        (
            {"instruction": "Add.", "input": "1, 2", "output": "3"},
            "alpaca",
            "Add.\n\n1, 2",
            "3",
        ),
        ({"instruction": "Add.", "input": "", "output": "3"}, "alpaca", "Add.", "3"),
        (SELF_INSTRUCT, "self_instruct", "What is the relation?\n\nNight : Day", "Opposites."),
        (SHAREGPT, "sharegpt", "Hi?", "Hello."),
        (MESSAGES, "sharegpt", "Hi?", "Hello."),
        ({"question": "Why?"}, "plain", "Why?", ""),
        ({"question": "2 + 2?", "answer": 4}, "plain", "2 + 2?", "4"),
        ({"id": "k", "prompt": "Why?"}, "plain", "Why?", ""),
        ({"text": "Why?", "category": "c"}, "plain", "Why?", ""),
        ({"instruction": "Why?"}, "plain", "Why?", ""),
        ({"instruction": "Why?", "response": "So."}, "plain", "Why?", "So."),
        ({"instruction": "Why?", "response": "So."}, "wizardlm", "Why?", "So."),
        ({"prompt": "Why?", "completion": "So."}, "plain", "Why?", "So."),
        ({"query": "Why?", "response": "So."}, "plain", "Why?", "So."),
        ({"problem": "2 + 2?", "solution": "Add: 4.", "answer": "4"}, "plain", "2 + 2?", "4"),
        (
            {"instruction": "Add.", "context": "1, 2", "response": "3", "category": "c"},
            "alpaca",
            "Add.\n\n1, 2",
            "3",
        ),
    ],
)
def test_every_form_is_read_by_its_name_and_found_by_itself(
    values: dict[str, Any], form: Form, question: str, answer: str
) -> None:
    assert read(values, form) == (question, answer)
    assert read(values) == (question, answer)


def test_columns_can_be_named_and_lie_deep() -> None:
    values = {"q": {"en": "Why?"}, "a": ["So.", "Thus."], "a.b": "dotted"}
    assert read(values, Columns(question="q.en", answer="a.1")) == ("Why?", "Thus.")
    assert read(values, Columns(question="a.b", input="q.en")) == ("dotted\n\nWhy?", "")


def test_null_is_empty() -> None:
    assert read({"instruction": None, "input": None, "output": None}, "alpaca") == ("", "")


def test_columns_beside_a_question_without_answer_are_listed() -> None:
    given = row(prompt="Why?", gold_reply="So.", id="k")
    assert unused(given, choose_columns(given, "auto")) == ["gold_reply", "id"]
    answered = row(prompt="Why?", answer="So.", id="k")
    assert unused(answered, choose_columns(answered, "auto")) == []


@pytest.mark.parametrize("name", ["input", "context"])
def test_a_question_is_not_cut_off_from_an_input_of_unknown_form(name: str) -> None:
    values = {"question": "Who is he?", name: "A passage.", "answer": "Bob"}
    with pytest.raises(UserError, match="are in no known form; name them"):
        choose_columns(row(**values), "auto")


@pytest.mark.parametrize(
    ("values", "form", "message"),
    [
        ({"a": "x", "b": "y"}, "auto", "its columns (a, b) are in no known form; name them"),
        ({"conversations": "Hi?"}, "auto", "its columns (conversations) are in no known form"),
        ({"question": "x"}, "alpaca", "its columns (question) are in no form 'alpaca'"),
        ({}, "auto", "its columns (none)"),
        ({"question": "x"}, Columns(question="q"), "has no column 'q' (its columns: question)"),
        ({"q": [{"r": "x"}]}, Columns(question="q.1.r"), "has no column 'q.1.r'"),
        ({"q": ["x"]}, Columns(question="q"), "column 'q' must be text, not list"),
        ({"question": True}, "plain", "column 'question' must be text, not bool"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image"}]}]},
            "sharegpt",
            "column 'messages' has a message that is not text; correct",
        ),
        (
            {"messages": [{"role": "Q", "content": "Hi?"}, {"role": "A", "content": "Hello."}]},
            "sharegpt",
            "has no message of a user (its roles: Q, A; known: user, human,",
        ),
    ],
)
def test_a_wrong_row_is_named_with_its_line_and_columns(
    values: dict[str, Any], form: Form | Columns, message: str
) -> None:
    with pytest.raises(UserError) as caught:
        read(values, form)
    assert str(caught.value).startswith("data.jsonl, line 7: ")
    assert message in str(caught.value)


def test_a_later_row_without_a_conversation_is_named() -> None:
    with pytest.raises(UserError, match="line 7: column 'messages' must be a list of messages"):
        read_exchange(row(messages="Hi?"), "messages")


def turns(*roles: str) -> DataRow:
    return row(messages=[{"role": role, "content": f"{n} {role}"} for n, role in enumerate(roles)])


@pytest.mark.parametrize(
    ("roles", "question", "answer", "notes"),
    [
        ([], "", "", ()),
        (["user"], "0 user", "", ()),
        (["system", "user", "assistant"], "1 user", "", (SYSTEM_DROPPED,)),
        (["user", "system", "assistant"], "0 user", "", (LEFT_OUT,)),
        (["User", "Assistant"], "0 User", "1 Assistant", ()),
        (["human", "bing"], "0 human", "1 bing", ()),
        (["prompter", " Bard "], "0 prompter", "1  Bard ", ()),
        (["user", "user", "assistant"], "0 user", "", (CUT,)),
        (["user", "assistant", "tool"], "0 user", "1 assistant", (LEFT_OUT,)),
        (["user", "assistant", "user", "assistant"], "0 user", "1 assistant", (CUT,)),
        (["assistant", "user", "assistant"], "1 user", "2 assistant", (CUT,)),
        (["user", "tool", "assistant", "user"], "0 user", "", (LEFT_OUT, CUT)),
        (["assistant"], "", "", (CUT,)),
    ],
)
def test_only_the_first_exchange_of_a_conversation_is_used(
    roles: list[str], question: str, answer: str, notes: tuple[str, ...]
) -> None:
    found = read_exchange(turns(*roles), "messages")
    assert (found.question, found.answer, found.notes) == (question, answer, notes)


@pytest.mark.parametrize(
    "values",
    [
        {"messages": [{"role": "system", "content": "Be brief."}, *MESSAGES["messages"]]},
        {"system": "Be brief.", **SHAREGPT},
        {"system_prompt": "Be brief.", "question": "Hi?", "response": "Hello."},
    ],
)
def test_a_system_prompt_goes_with_its_answer_or_stays_with_its_question(
    values: dict[str, Any],
) -> None:
    given = row(**values)
    columns = choose_columns(given, "auto")
    dropped, kept = read_exchange(given, columns, "drop"), read_exchange(given, columns, "keep")
    assert (dropped.question, dropped.answer, dropped.notes) == ("Hi?", "", (SYSTEM_DROPPED,))
    assert (kept.question, kept.answer) == ("Be brief.\n\nHi?", "Hello.")
    assert kept.notes == (SYSTEM_KEPT,)


def test_an_empty_system_prompt_is_none_and_named_columns_are_all_that_is_read() -> None:
    given = row(system=" ", question="Hi?", response="Hello.")
    assert read_exchange(given, choose_columns(given, "auto")).answer == "Hello."
    named = Columns(question="question", answer="response")
    linux = row(system="linux", question="Hi?", response="Hello.")
    assert read_exchange(linux, named, None).notes == ()
