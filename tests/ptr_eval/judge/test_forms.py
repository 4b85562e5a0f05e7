"""Forms by name and in files, and what is asked in them."""

import re
from pathlib import Path

import pytest
import yaml

from ptr_eval.errors import UserError
from ptr_eval.judge import CORRECTNESS, PAIR_FORMS, PLAIN, JudgeForm, resolve_form

OWN = {
    "prompt": "Q: {question}\n1: {first}\n2: {second}\nEnd with WINNER=1, 2 or 0.",
    "verdict": "WINNER=([012])",
    "means": {1: "A", 2: "B", 0: "tie"},
}
CHECK = {"prompt": "{question} {answer} ok?", "verdict": "(yes|no)",
         "means": {"yes": "correct", "no": "wrong"}}  # fmt: skip


def write(path: Path, form: object) -> str:
    path.write_text(yaml.safe_dump(form), encoding="utf-8")
    return str(path)


def test_our_own_prompt_is_the_one_it_always_was() -> None:
    asked = PLAIN.compare("What is {question}?", r"\boxed{first}", "").opening[-1].content
    assert asked == (
        "Two assistants answered the same request. Decide which answer serves the person who "
        "asked better: is it right, does it cover what was asked, is it clear? Length alone is no "
        "merit, nor is the order in which the answers stand.\n\nRequest:\nWhat is {question}?\n\n"
        "Answer A:\n\\boxed{first}\n\nAnswer B:\n(no answer)\n\nGive your reasons in a few "
        'sentences. Then end with one line: "Verdict: A", "Verdict: B" or "Verdict: tie".'
    )


@pytest.mark.parametrize("reference", ["", " ", "r {answer}"])
def test_our_own_question_about_one_answer_is_the_one_it_always_was(reference: str) -> None:
    asked = CORRECTNESS.verify("q {answer}", "a {question}", reference).opening[-1].content
    known = "\nA correct answer, for comparison:\nr {answer}\n" if reference.strip() else ""
    assert asked == (
        "Is the answer to this request correct? Work out yourself what a correct answer must say, "
        "and compare. A wrong result is wrong, however well it is argued.\n\nRequest:\n"
        f"q {{answer}}\n{known}\nAnswer:\na {{question}}\n\nGive your reasons in a few sentences. "
        'Then end with one line: "Verdict: correct" or "Verdict: wrong".'
    )


@pytest.mark.parametrize(
    ("name", "system", "user"),
    [
        ("rm-r1-instruct", ["<answer>[[A]]</answer> or <answer>[[B]]</answer>", "<rubric>",
                            "<type>Reasoning</type>"],
         "[Client Question]\nQ\n\n[The Start of Chatbot A's Response]\nX\n"
         "[The End of Chatbot A's Response]\n\n[The Start of Chatbot B's Response]\nY\n"
         "[The End of Chatbot B's Response]"),
        ("rm-r1-reasoning", [], "'<answer>[[A]]</answer>' if Chatbot A is better, or "
         "'<answer>[[B]]</answer>' if Chatbot B is better."),
        ("rrm", [r"'\boxed{Assistant 1}' if assistant 1 is better"],
         "## Query\n\nQ\n\n## Assistant responses\n\n### Assistant 1\n\nX\n\n\n"
         "### Assistant 2\n\nY\n\n## Analysis\n\n"),
        ("arena-hard", ["[[A>>B]]", "[[A>B]]", "[[A=B]]", "[[B>A]]", "[[B>>A]]"],
         "<|User Prompt|>\nQ\n\n<|The Start of Assistant A's Answer|>\nX\n"
         "<|The End of Assistant A's Answer|>\n\n<|The Start of Assistant B's Answer|>\nY\n"
         "<|The End of Assistant B's Answer|>"),
        ("mt-bench", ['"[[A]]" if assistant A is better', '"[[C]]" for a tie'],
         "[User Question]\nQ\n\n[The Start of Assistant A's Answer]\nX\n"
         "[The End of Assistant A's Answer]\n\n[The Start of Assistant B's Answer]\nY\n"
         "[The End of Assistant B's Answer]"),
    ],
)  # fmt: skip
def test_published_forms_have_the_official_marks(name: str, system: list[str], user: str) -> None:
    *before, last = PAIR_FORMS[name].compare("Q", "X", "Y").opening
    assert user in last.content
    assert [message.role for message in before] == ["system"] * bool(system)
    assert all(mark in before[0].content for mark in system)


@pytest.mark.parametrize("form", PAIR_FORMS.values(), ids=list(PAIR_FORMS))
def test_texts_with_places_and_braces_stay_as_they_are(form: JudgeForm) -> None:
    shown = form.compare("{first} {x}", "{second}", "{question} \\1").opening[-1].content
    assert "{first} {x}" in shown
    assert "{second}" in shown
    assert "{question} \\1" in shown
    # Whoever repeats what was said to it prefers nothing; Arena-Hard's example states a tie.
    assert form.read(f"{form.system}\n{form.prompt}") in (None, "tie")


def test_a_form_of_one_s_own_is_a_file(tmp_path: Path) -> None:
    form = resolve_form(write(tmp_path / "own.yaml", {**OWN, "system": "Judge."}))
    assert form.name == "own.yaml"
    system, user = form.compare("a", "b", "c").opening
    assert (system.content, user.content) == (
        "Judge.", "Q: a\n1: b\n2: c\nEnd with WINNER=1, 2 or 0.",
    )  # fmt: skip
    assert [form.read(f"winner={n}") for n in "1203"] == ["A", "B", "tie", None]
    single = resolve_form(write(tmp_path / "check.yaml", CHECK), pairs=False)
    assert single.verify("q", "a").opening[-1].content == "q a ok?"
    assert single.read("yes") == "correct"


def test_the_form_that_the_documentation_shows_is_valid(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "parallel.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```yaml\n(system:.*?)```", text, re.DOTALL)
    (tmp_path / "form.yaml").write_text(shown)
    form = resolve_form(str(tmp_path / "form.yaml"))
    assert [form.read(f"So BEST={n}.") for n in "120"] == ["A", "B", "tie"]
    assert set(re.findall(r"^\| `([\w-]+)`(?:, `([\w-]+)`)?", text, re.MULTILINE)) >= {
        ("rm-r1-instruct", "rm-r1-reasoning"), ("rrm", ""), ("arena-hard", ""), ("mt-bench", ""),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("choice", "pairs", "message"),
    [
        ("rm-r1", True, "rm-r1: no such form or file; choose one of plain, rm-r1-instruct, "
         "rm-r1-reasoning, rrm, arena-hard, mt-bench, or name a YAML file with `prompt`, "
         "`verdict` and `means`."),
        ("rrm", False, "rrm compares two answers; choose a form that is about one answer: plain, "
         "or a file."),
    ],
)  # fmt: skip
def test_unknown_forms_are_refused(choice: str, pairs: bool, message: str) -> None:
    with pytest.raises(UserError) as caught:
        resolve_form(choice, pairs=pairs)
    assert str(caught.value) == message


def test_a_file_about_one_answer_compares_nothing(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"check\.yaml is about one answer; choose a form that comp"
    ):
        resolve_form(write(tmp_path / "check.yaml", CHECK))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"prompt": "{first} {second}"}, "`prompt`: the place {question} is missing."),
        ({"prompt": "{question} {first}"}, "`prompt`: the place {second} is missing"),
        ({"prompt": "Which?"}, "`prompt`: the place {question} and {answer} is missing"),
        ({"verdict": "WINNER=[12]"}, "`verdict`: must have one group in round brackets, not 0."),
        ({"verdict": "(1"}, "`verdict`: not a regular expression (missing ), unterminated"),
        ({"means": {"1": "A", "2": "tie"}}, "`means`: nothing means B."),
        ({"means": {"1": "A", "2": "B", "3": "wrong"}}, "`means`: 'wrong' is none of A, B, tie."),
        (
            {"means": {"1": "A", "2": "left"}},
            "`means.2`: must be 'A', 'B', 'tie', 'correct', 'wrong', 'yes' or 'no', not 'left'.",
        ),
        ({"mean": {}}, "`mean`: unknown key (known: prompt, verdict, means, system)."),
    ],
)
def test_a_wrong_file_names_the_field(
    tmp_path: Path, changed: dict[str, object], message: str
) -> None:
    path = write(tmp_path / "own.yaml", {**OWN, **changed})
    with pytest.raises(UserError) as caught:
        resolve_form(path)
    assert path in str(caught.value)
    assert message in str(caught.value)
