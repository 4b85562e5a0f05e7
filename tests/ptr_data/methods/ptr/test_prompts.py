"""What the strong model is shown."""

from pathlib import Path

import pytest

from ptr_data.methods.ptr.prompts import (
    BUILT_IN,
    TASK,
    WorkedExample,
    read_examples,
    strong_opening,
    weak_opening,
)
from ptr_eval.errors import UserError

EXAMPLE = WorkedExample("Capital of France?", ("Lyon.", "Nice."), "Paris.")


def contents(query: str, thoughts: list[str], *examples: WorkedExample) -> list[tuple[str, str]]:
    return [(m.role, m.content) for m in strong_opening(query, thoughts, examples).opening]


def test_a_weak_model_sees_the_bare_question() -> None:
    assert weak_opening("2+2?").messages() == [{"role": "user", "content": "2+2?"}]


def test_the_strong_model_sees_examples_question_and_thoughts_in_order() -> None:
    (_, shown), (role, answer), (_, asked) = contents("2+2?", ["5", "4"], EXAMPLE)
    assert (role, answer) == ("assistant", "Paris.")
    order = [shown.index(part) for part in ("Capital of France?", "Lyon.", "Nice.", TASK)]
    assert order == sorted(order)
    assert asked == (
        "<task>\n2+2?\n</task>\n\n"
        '<attempt number="1">\n5\n</attempt>\n\n'
        f'<attempt number="2">\n4\n</attempt>\n\n{TASK}'
    )


def test_without_thoughts_no_attempt_is_shown_anywhere() -> None:
    assert contents("2+2?", [], EXAMPLE) == [
        ("user", "Capital of France?"),
        ("assistant", "Paris."),
        ("user", "2+2?"),
    ]


def test_the_built_in_examples_show_attempts_that_the_answer_neither_copies_nor_mentions() -> None:
    assert len(BUILT_IN) == 2
    for example in BUILT_IN:
        assert len(example.thoughts) == 2
        assert example.answer not in example.thoughts
        assert "attempt" not in example.answer.lower()


def test_examples_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text(
        '{"query": "Capital of France?", "thoughts": ["Lyon.", "Nice."], "answer": "Paris."}\n'
        '{"query": "2+2?", "thoughts": [], "answer": "4"}\n',
        encoding="utf-8",
    )
    assert read_examples(path) == (EXAMPLE, WorkedExample("2+2?", (), "4"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "holds no examples"),
        ('{"query": "q", "thoughts": "t", "answer": "a"}', "line 1: an example needs"),
        ('{"query": "q", "thoughts": [], "answer": " "}', "line 1: an example needs"),
        ('{"query": "q", "thoughts": [1], "answer": "a"}', "line 1: an example needs"),
        ('{"query": "q", "answer": "a"}', "line 1: an example needs"),
    ],
)
def test_a_wrong_example_names_file_and_line(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=said) as caught:
        read_examples(path)
    assert str(path) in str(caught.value)
