"""Readers: every published form of a benchmark gives the same documents."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError
from ptr_eval.readers import READERS, SourceRow, read_questions
from ptr_eval.readers.maths import last_boxed
from tests import benchmark_fixtures


def read(name: str, rows: Any, source: str = "file") -> list[dict[str, Any]]:
    return [
        document
        for number, row in enumerate(rows, start=1)
        for document in read_questions(READERS[name], SourceRow(row, source, number))
    ]


def test_gsm8k() -> None:
    assert read("gsm8k", benchmark_fixtures.GSM8K)[2] == {
        "question": "1234 + 1?",
        "gold": "1235",
        "target": "1234+1=1235\nThe answer is 1235.",
    }
    assert read("gsm8k", [{"question": "?", "answer": "#### 1,234\n"}])[0]["gold"] == "1234"


def test_math_in_both_forms_and_math500_agree() -> None:
    documents = read("math", benchmark_fixtures.MATH)
    assert documents == read("math", benchmark_fixtures.MATH_RENAMED)
    assert documents[1] == {
        "question": "What is $3/2$?",
        "gold": "\\frac{3}{2}",
        "target": "It is \\boxed{\\frac{3}{2}}.",
        "subject": "Prealgebra",
        "level": 4,
    }
    assert read("math500", benchmark_fixtures.MATH500) == documents


@pytest.mark.parametrize(
    ("solution", "answer"),
    [
        (r"so \boxed{1}, no, \boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed 3$.", "3"),
        (r"\fbox{x}", "x"),
        (r"\boxed{ {a} }", "{a}"),
        (r"\boxed{unclosed", None),
        ("nothing", None),
    ],
)
def test_the_last_boxed_answer(solution: str, answer: str | None) -> None:
    assert last_boxed(solution) == answer


def test_contests_in_every_form_hold_whole_numbers() -> None:
    documents = read("contest", benchmark_fixtures.CONTEST)
    assert documents[1] == {
        "question": "Find $5^2$.",
        "gold": "25",
        "target": "It is 25.\n\nThe final answer is $\\boxed{25}$.",
    }
    for rows in (
        benchmark_fixtures.CONTEST_ASKING,
        benchmark_fixtures.CONTEST_FLOATS,
        benchmark_fixtures.CONTEST_CAPITALS,
    ):
        others = read("contest", rows)
        assert [d["question"] for d in others] == [d["question"] for d in documents]
        assert [d["gold"] for d in others] == ["16", "25", "36", "49"]
    assert others[0]["target"].startswith("Square.\n\n")
    assert read("contest", benchmark_fixtures.CONTEST_ASKING)[0]["target"] == (
        "The final answer is $\\boxed{16}$."
    )


@pytest.mark.parametrize(
    ("answer", "gold"),
    [("023", "23"), (0.0, "0"), (-4.0, "-4"), (r"336^\circ", "336"), (r"336^{\circ}", "336")],
)
def test_a_contest_answer_is_written_as_a_plain_number(answer: Any, gold: str) -> None:
    assert read("contest", [{"problem": "?", "answer": answer}])[0]["gold"] == gold


def test_only_the_request_that_ends_a_problem_is_left_out() -> None:
    request = "Please reason step by step, and put your final answer within \\boxed{}."
    problem = f'Who wrote "{request}" here?'
    for row in ({"problem": problem}, {"problem": f"{problem}\n{request}\n"}):
        assert read("contest", [{**row, "answer": 1}])[0]["question"] == problem


def test_olympiadbench() -> None:
    documents = read("olympiadbench", benchmark_fixtures.OLYMPIADBENCH)
    assert documents == read("olympiadbench", benchmark_fixtures.OLYMPIADBENCH_HUB)
    assert documents[0] == {
        "question": "Solve $x^2=4$ over the reals.",
        "gold": "2,-2",
        "target": "Take the root of $4$.\n\nThe final answer is $\\boxed{2,-2}$.",
        "subject": "Algebra",
    }
    more = {"context": "Let $y=1$.", "final_answer": ["$(-\\infty, 0)$.", "1"]}
    (document,) = read("olympiadbench", [{**benchmark_fixtures.OLYMPIADBENCH[0], **more}])
    assert document["question"] == "Let $y=1$.\n\nSolve $x^2=4$ over the reals."
    assert document["gold"] == "(-\\infty, 0), 1"


def test_knights_and_knaves_is_a_choice_of_four_different_assignments() -> None:
    documents = read("knights_and_knaves", benchmark_fixtures.KNIGHTS)
    assert documents == list(
        reversed(read("knights_and_knaves", reversed(benchmark_fixtures.KNIGHTS)))
    )
    for document in documents:
        assert document["labels"] == ["A", "B", "C", "D"]
        assert len(set(document["choices"])) == 4
    document = documents[0]
    assert document["choices"][document["labels"].index(document["gold"])] == (
        "Ann is a knight, Bob is a knave, Cid is a knight, and Dot is a knave."
    )


@pytest.mark.parametrize("people", [2, 3, 5, 8])
def test_knights_and_knaves_takes_any_number_of_people(people: int) -> None:
    names = [f"N{i}" for i in range(people)]
    drawn: set[str] = set()
    golds = set()
    for code in range(2**people):
        knights = [bool(code >> i & 1) for i in range(people)]
        row = {"quiz": f"Puzzle {code}", "names": names, "solution": knights}
        (document,) = read("knights_and_knaves", [row])
        right = document["choices"][document["labels"].index(document["gold"])]
        assert [word == "knight" for word in right.rstrip(".").replace(",", "").split()
                if word in ("knight", "knave")] == knights  # fmt: skip
        assert len(set(document["choices"])) == 4
        drawn |= set(document["choices"])
        golds.add(document["gold"])
    assert len(drawn) == 2**people
    assert len(golds) > 1


def test_mmlu_from_csv_and_hub_agree() -> None:
    columns = ["question", *"ABCD", "answer"]
    rows = [dict(zip(columns, row, strict=True)) for row in benchmark_fixtures.MMLU_CSV]
    documents = read("mmlu", rows, "data/test/abstract_algebra_test.csv")
    assert documents == read("mmlu", benchmark_fixtures.MMLU)
    assert documents[1] == {
        "question": "What is 2, exactly?",
        "labels": ["A", "B", "C", "D"],
        "choices": ["1", "2", "3", "4"],
        "gold": "B",
        "target": "The answer is B.",
        "subject": "abstract_algebra",
    }


def test_arc_from_the_authors_and_the_hub_agree() -> None:
    documents = read("arc", benchmark_fixtures.ARC)
    assert documents == read("arc", benchmark_fixtures.ARC_HUB)
    assert documents[2]["labels"] == ["A", "B", "C", "D", "E"]
    assert (documents[3]["labels"], documents[3]["gold"]) == (["1", "2", "3", "4"], "4")


def test_gpqa_is_shuffled_by_the_question_alone() -> None:
    documents = read("gpqa", benchmark_fixtures.GPQA)
    assert documents == list(reversed(read("gpqa", reversed(benchmark_fixtures.GPQA))))
    for n, document in enumerate(documents):
        answer = document["choices"][document["labels"].index(document["gold"])]
        assert answer == f"right {n}"
        assert len(set(document["choices"])) == 4
        assert document["subject"] == "Physics"
    assert len({document["gold"] for document in documents}) > 1


def test_winogrande() -> None:
    assert [d["gold"] for d in read("winogrande", benchmark_fixtures.WINOGRANDE)] == [
        "A",
        "B",
        "A",
        "B",
    ]


def test_hellaswag_loses_its_marks() -> None:
    document = read("hellaswag", benchmark_fixtures.HELLASWAG)[1]
    assert document == read("hellaswag", benchmark_fixtures.HUB["ptr_hellaswag"])[1]
    assert document["question"] == "Baking: Bake 1 cakes. Mix. She"
    assert document["choices"][2] == "stirs 2. Then rests."
    assert (document["gold"], document["source"]) == ("B", "wikihow~1")


def test_drop_from_nested_file_and_hub_agree() -> None:
    nested = [{"key": key, **value} for key, value in benchmark_fixtures.DROP.items()]
    documents = read("drop", nested)
    assert documents == read("drop", benchmark_fixtures.DROP_HUB)
    assert [d["golds"] for d in documents] == [
        [["300"], ["300 people"]], [["Smith", "Jones"]], [["3 May 1851"]],
    ]  # fmt: skip
    assert [d["passage_id"] for d in documents] == ["nfl_1", "nfl_1", "nfl_2"]
    assert documents[1]["target"] == "The answer is Smith, Jones."


def test_drop_flattened() -> None:
    documents = read("drop", benchmark_fixtures.DROP_FLAT)
    assert [d["golds"] for d in documents] == [
        [["300"], ["300 people"]], [["Smith and Jones"], ["Smith", "Jones"]], [["3 May 1851"]],
    ]  # fmt: skip
    assert documents[0]["passage"] == benchmark_fixtures.PASSAGE
    assert documents[0]["question"] == "How many people?"
    assert len({d["passage_id"] for d in documents}) == 1


def test_xsum_and_humaneval() -> None:
    assert read("xsum", benchmark_fixtures.XSUM)[1] == {
        "id": "x1",
        "document": "1 cats sat on a mat.\nAll day.",
        "gold": "1 cats sat.",
        "target": "1 cats sat.",
    }
    program = read("humaneval", benchmark_fixtures.HUMANEVAL)[2]
    assert program["entry_point"] == "add2"
    assert program["target"].endswith("    return a + 2\n```")


def test_rows_whose_columns_are_named_already() -> None:
    rows = [{"question": "1+1?", "gold": 2, "hint": [1]}, {"gold": "x", "target": "It is x."}]
    assert read("plain", rows) == [
        {"question": "1+1?", "gold": "2", "hint": [1], "target": "2"},
        {"gold": "x", "target": "It is x."},
    ]
    assert read("plain", [{"golds": [["a"]]}]) == [{"golds": [["a"]], "target": ""}]


# Rows that are not in a benchmark's form

FORMS: dict[str, list[Mapping[str, Any]]] = {
    "gsm8k": [benchmark_fixtures.GSM8K[0]],
    "math": [benchmark_fixtures.MATH[0], benchmark_fixtures.MATH_RENAMED[0]],
    "math500": [benchmark_fixtures.MATH500[0]],
    "mmlu": [
        benchmark_fixtures.MMLU[0],
        dict(zip(["question", *"ABCD", "answer"], benchmark_fixtures.MMLU_CSV[0], strict=True)),
    ],
    "arc": [benchmark_fixtures.ARC[0], benchmark_fixtures.ARC_HUB[0]],
    "gpqa": [benchmark_fixtures.GPQA[0]],
    "winogrande": [benchmark_fixtures.WINOGRANDE[0]],
    "hellaswag": [benchmark_fixtures.HELLASWAG[0]],
    "drop": [
        {"key": "k", **benchmark_fixtures.DROP["nfl_1"]},
        benchmark_fixtures.DROP_HUB[0],
        benchmark_fixtures.DROP_FLAT[0],
    ],
    "xsum": [benchmark_fixtures.XSUM[0]],
    "humaneval": [benchmark_fixtures.HUMANEVAL[0]],
    "contest": [
        benchmark_fixtures.CONTEST[0],
        benchmark_fixtures.CONTEST_ASKING[0],
        benchmark_fixtures.CONTEST_CAPITALS[0],
    ],
    "olympiadbench": [benchmark_fixtures.OLYMPIADBENCH[0]],
    "knights_and_knaves": [benchmark_fixtures.KNIGHTS[0]],
    "plain": [{}],
}
WRONG: list[Any] = [None, "", "x", 3, -1, 2.5, True, [], {}, ["x"], [None], {"x": 1}, [{"x": 1}]]


def spoiled(value: Any) -> Iterator[Any]:
    """Yield a row with one value in it, at any depth, gone or replaced by something wrong."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {k: v for k, v in value.items() if k != key}
            for other in [*WRONG, *spoiled(inner)]:
                yield {**value, key: other}
    elif isinstance(value, list) and value:
        for other in [*WRONG, *spoiled(value[0])]:
            yield [other, *value[1:]]


def refusal(name: str, row: Mapping[str, Any]) -> str | None:
    """Return the message with which a row is refused, or None if it is read."""
    try:
        json.dumps(read(name, [row], "folder/file.jsonl"))
    except UserError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("name", "row"), [(name, row) for name, rows in FORMS.items() for row in rows if row],
)  # fmt: skip
def test_a_spoiled_row_is_read_or_reported_by_file_and_row(
    name: str, row: Mapping[str, Any]
) -> None:
    assert read(name, [row])
    reported = [message for wrong in spoiled(dict(row)) if (message := refusal(name, wrong))]
    for message in reported:
        assert message.startswith("folder/file.jsonl, row 1: ")
        assert "\n" not in message
    assert len(reported) > 5


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("gsm8k", {"answer": "no mark"}, "column 'answer' must end in '#### ' and a number"),
        ("gsm8k", {"answer": "It is #### six"}, "column 'answer' must end in '#### ' and a number"),
        ("plain", {"question": "?"}, "has no column 'gold'"),
        ("math", {"solution": "no box"}, r"has no \\boxed\{\} answer"),
        ("mmlu", {"answer": 4}, "its answer is option 4, but it has 4 options"),
        ("mmlu", {"answer": "E"}, "column 'answer' must be a whole number, not 'E'"),
        ("arc", {"answerKey": "F"}, "its answer 'F' is none of its labels A, B, C, D"),
        ("winogrande", {"answer": ""}, "column 'answer' must be 1 or 2, not ''"),
        ("hellaswag", {"label": ""}, "column 'label' must be a whole number, not ''"),
        ("gpqa", {"Incorrect Answer 2": None}, "has no column 'Incorrect Answer 2'"),
        ("contest", {"answer": "6.5"}, "column 'answer' must be a whole number, not '6.5'"),
        ("contest", {"problem": None}, "has no column 'problem' or 'Problem' or 'question'"),
        ("olympiadbench", {"final_answer": None}, "has no column 'final_answer'"),
        ("olympiadbench", {"final_answer": "2"}, "column 'final_answer' must be a list of texts"),
        ("olympiadbench", {"final_answer": [" $$"]}, "column 'final_answer' is blank"),
        ("olympiadbench", {"solution": [1]}, "column 'solution' must be a list of texts"),
        ("olympiadbench", {"context": ["x"]}, "column 'context' must be text, not list"),
        ("knights_and_knaves", {"names": ["Ann"]}, "has 1 names for 4 knights and knaves"),
        ("knights_and_knaves", {"names": "Ann"}, "column 'names' must be a list of names"),
        ("knights_and_knaves", {"solution": [1, 0, 1, 0]}, "must be a list of true and false"),
        ("drop", {"qa_pairs": None}, "has no column 'passage'|has no column 'qa_pairs'"),
    ],
)
def test_a_wrong_column_is_named(name: str, change: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        read(name, [{**FORMS[name][0], **change}])


def test_a_blank_dictionary_of_documents_is_reported_by_its_file(tmp_path: Path) -> None:
    from ptr_eval.readers import read_rows

    path = tmp_path / "drop_dataset_dev.json"
    path.write_text("{}")
    with pytest.raises(UserError, match=r"drop_dataset_dev\.json, row 1"):
        read("drop", [row.values for row in read_rows(path)], str(path))
