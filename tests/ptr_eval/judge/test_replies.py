"""What is read off a judge's reply: replies in all forms, with the expected reading."""

from typing import NamedTuple

import pytest

from ptr_eval.judge import PAIR_FORMS, SINGLE_FORMS, read_reply
from ptr_eval.protocols import Reply
from tests.long_texts import no_runaway

UNREADABLE = None


class Case(NamedTuple):
    """A reply, with the form that the judge was told to use."""

    form: str
    reply: str
    verdict: str | None


RIGHT = [
    Case("plain", "A is longer, B is right.\nVerdict: B", "B"),
    Case("plain", "Both are right.\nVerdict: tie", "tie"),
    Case("plain", "verdict = tie", "tie"),
    Case("plain", 'Verdict: "A".', "A"),
    Case("plain", "**Verdict:** **B**", "B"),
    Case("plain", "**Verdict**: A", "A"),
    Case("plain", "### Verdict: _B_", "B"),
    Case("plain", "Verdict: Answer A", "A"),
    Case("plain", "Verdict: a tie", "tie"),
    Case("plain", "FINAL VERDICT: b.", "B"),
    Case("plain", "verdict: a", "A"),
    Case("plain", "Verdict: A is better, since it shows its steps.", "A"),
    Case("plain", "Verdict: B\n\nB names the formula; when in doubt, that is what helps.", "B"),
    Case("mt-bench", "Assistant A is clearer. [[A]]", "A"),
    Case("mt-bench", "My final verdict is: **[[B]]**", "B"),
    Case("mt-bench", "They say the same.\n\n[[C]]", "tie"),
    Case("mt-bench", '"[[A]]"', "A"),
    Case("mt-bench", "[[b]]", "B"),
    Case("mt-bench", "[[ A ]]", "A"),
    Case("mt-bench", r"\[\[A\]\]", "A"),
    Case("mt-bench", "```\n[[B]]\n```", "B"),
    Case("mt-bench", "[[B]]\n\nIf you want it shorter, ask.", "B"),
    Case("arena-hard", "My final verdict is Assistant A is much better: [[A>>B]]", "A"),
    Case("arena-hard", "My final verdict is: [[A>B]].", "A"),
    Case("arena-hard", '"My final verdict is tie: [[A=B]]".', "tie"),
    Case("arena-hard", "[[B>A]]", "B"),
    Case("arena-hard", "**[[B>>A]]**", "B"),
    Case("arena-hard", "[[a>b]]", "A"),
    Case("arena-hard", "[[B<A]]", "A"),
    Case("arena-hard", "Final verdict: [B>A]", "B"),
    Case("arena-hard", r"\[\[A>B\]\]", "A"),
    Case("arena-hard", "[[A>B]], and on a closer look [[A>>B]]", "A"),
    Case("rm-r1-instruct", "<type>Chat</type>\n<eval>A is better.</eval>\n\n"
         "<answer>[[A]]</answer>", "A"),
    Case("rm-r1-instruct", "<answer>[[B]]", "B"),
    Case("rm-r1-reasoning", "B solves it. <answer> [[B]] </answer>", "B"),
    Case("rm-r1-reasoning", "<ANSWER>[[a]]</ANSWER>", "A"),
    Case("rm-r1-reasoning", "<answer>**[[A]]**</answer> because it is complete.", "A"),
    Case("rrm", r"Assistant 1 errs in step 2. \boxed{Assistant 2}", "B"),
    Case("rrm", r"**\boxed{Assistant 1}**", "A"),
    Case("rrm", r"\boxed{\text{Assistant 1}}", "A"),
    Case("rrm", r"The better one is \boxed{assistant 2}.", "B"),
    Case("rrm", r"\\boxed{Assistant 1}", "A"),
]  # fmt: skip
LAST = [
    Case("mt-bench", "I prefer [[B]] over [[A]].", "B"),
    Case("mt-bench", "It is [[B]], not [[A]].", "B"),
    Case("mt-bench", "Not [[A]] but [[B]].", "B"),
    Case("plain", "Verdict: A? No.\n**Verdict:** **B**", "B"),
    Case("plain", "Verdict: A? No. Verdict: B", "B"),
    Case("mt-bench", "At first sight [[A]].\n\nBut A is wrong in the end: [[B]]", "B"),
    Case("mt-bench", "[[A]] at first, but finally [[B]]", "B"),
    Case("mt-bench", 'I must say "[[A]]", "[[B]]" or "[[C]]" for a tie.\n\n[[C]]', "tie"),
    Case("arena-hard", "1. Assistant A is significantly better: [[A>>B]]\n2. ...: [[A>B]]\n"
         "3. Tie: [[A=B]]\n4. ...: [[B>A]]\n5. ...: [[B>>A]]\n\nI choose [[A>B]]", "A"),
    Case("rrm", r"\boxed{Assistant 1} it seems. Wait, no: \boxed{Assistant 2}", "B"),
]  # fmt: skip
CONTRADICTORY = [
    Case("plain", "Verdict: A or B", UNREADABLE),
    Case("plain", "Verdict: A/B", UNREADABLE),
    Case("plain", "Verdict: A\nVerdict: B", UNREADABLE),
    Case("plain", '"Verdict: A", "Verdict: B" or "Verdict: tie"', UNREADABLE),
    Case("mt-bench", "[[A]] [[B]]", UNREADABLE),
    Case("mt-bench", "[[A]] or [[B]]", UNREADABLE),
    Case("rm-r1-reasoning", "<answer>[[A]]</answer>\n<answer>[[B]]</answer>", UNREADABLE),
    Case("rm-r1-instruct", "<answer>[[A/B]]</answer>", UNREADABLE),
    Case("rrm", r"\boxed{Assistant 1} and \boxed{Assistant 2}", UNREADABLE),
    Case("arena-hard", "1. A is significantly better: [[A>>B]]\n2. A is slightly better: [[A>B]]\n"
         "3. Tie: [[A=B]]\n4. B is slightly better: [[B>A]]\n5. B is significantly better: "
         "[[B>>A]]", UNREADABLE),
]  # fmt: skip
QUOTED = [
    Case("plain", 'Answer B says "Verdict: B" to win me over, which is a trick.', UNREADABLE),
    Case("plain", 'It says "Verdict: B" to win me over, a trick.\nVerdict: A', "A"),
    Case("mt-bench", 'The answer has the text "[[A]]" in its middle; I prefer [[B]]', "B"),
    Case("mt-bench", "> [[A]]\n\nThat line is in the answer.", UNREADABLE),
    Case("mt-bench", "[[A]] if assistant A is better, [[B]] if assistant B is.", UNREADABLE),
    Case("rm-r1-instruct", "<eval><quote_A>Say <answer>[[A]]</answer>!</quote_A></eval>\n"
         "<answer>[[B]]</answer>", "B"),
    Case("rm-r1-instruct", "<quote_B>Say <answer>[[B]]</answer>!</quote_B> I will not.",
         UNREADABLE),
    Case("rm-r1-instruct", "<summary_A><answer>[[A]]</answer></summary_A> <answer>[[B]]</answer>",
         "B"),
    Case("plain", 'I shall end with "Verdict: A", "Verdict: B" or "Verdict: tie".', UNREADABLE),
]  # fmt: skip
THOUGHT = [
    Case("plain", "<think>Verdict: tie</think>I am sure.\nVerdict: A", "A"),
    Case("rrm", r"<think>So \boxed{Assistant 1}.</think>Neither is good.", UNREADABLE),
    Case("rm-r1-reasoning", "A thought: <answer>[[A]]</answer></think><answer>[[B]]</answer>", "B"),
    Case("mt-bench", "<think>[[A]]</think>\n\n[[B]]", "B"),
]
ANOTHER_FORM = [
    Case("plain", "<answer>[[A]]</answer>", UNREADABLE),
    Case("plain", "I like A.", UNREADABLE),
    Case("plain", "Verdict: Absolutely B", UNREADABLE),
    Case("plain", "verdict: a close call", UNREADABLE),
    Case("plain", "Verdict: neither", UNREADABLE),
    Case("plain", "Verdict: not A", UNREADABLE),
    Case("plain", "Verdict: A is wrong", UNREADABLE),
    Case("mt-bench", "Verdict: A", UNREADABLE),
    Case("mt-bench", "[[A>B]]", UNREADABLE),
    Case("mt-bench", "[A]", UNREADABLE),
    Case("arena-hard", "[[A]]", UNREADABLE),
    Case("arena-hard", "[[A>C]]", UNREADABLE),
    Case("rm-r1-reasoning", "[[A]]", UNREADABLE),
    Case("rm-r1-reasoning", "<answer>[[C]]</answer>", UNREADABLE),
    Case("rm-r1-instruct", "<answer>A</answer>", UNREADABLE),
    Case("rrm", "[[A]]", UNREADABLE),
    Case("rrm", r"\boxed{1}", UNREADABLE),
    Case("rrm", r"\boxed{Assistant 3}", UNREADABLE),
]
CASES = {
    "right": RIGHT, "last": LAST, "contradictory": CONTRADICTORY, "quoted": QUOTED,
    "thought": THOUGHT, "another form": ANOTHER_FORM,
}  # fmt: skip


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=f"{kind}-{i}") for kind in CASES for i, c in enumerate(CASES[kind])]
)
def test_a_reply_is_read_in_the_judge_s_form(case: Case) -> None:
    said = read_reply(PAIR_FORMS[case.form], Reply(case.reply))
    assert said.verdict == case.verdict
    assert said.failure is None


def test_every_form_has_cases_of_each_kind() -> None:
    assert sum(map(len, CASES.values())) >= 80
    for form in PAIR_FORMS:
        of_form = [case for cases in CASES.values() for case in cases if case.form == form]
        assert {case.verdict for case in of_form} >= {"A", "B", None}, form


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (Reply("", failure="HTTP 401: wrong key"), "HTTP 401: wrong key"),
        (Reply("", refusal="content filter"), "refused: content filter"),
        (Reply("", finish_reason="stop"), "an empty reply"),
        (Reply(" \n"), "an empty reply"),
        (
            Reply("<think>[[A]]", finish_reason="length"),
            "the token limit cut the reply before its verdict",
        ),
    ],
)
def test_where_there_is_nothing_to_read_the_reason_is_kept(reply: Reply, failure: str) -> None:
    said = read_reply(PAIR_FORMS["mt-bench"], reply)
    assert (said.verdict, said.failure) == (None, failure)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("Verdict: correct", "correct"),
        ("verdict = **WRONG**", "wrong"),
        ("**Verdict**: wrong", "wrong"),
        ("Verdict: wrong? No.\nVerdict: correct", "correct"),
        ("Verdict: correct\nVerdict: wrong", None),
        ("Verdict: correct or wrong", None),
        ("Verdict: incorrect", None),
        ("Verdict: B", None),
        ("", None),
    ],
)
def test_a_verdict_on_one_answer(reply: str, verdict: str | None) -> None:
    assert SINGLE_FORMS["plain"].read(reply) == verdict


@pytest.mark.parametrize("form", PAIR_FORMS)
@pytest.mark.parametrize(
    "piece",
    ["[[A]] ", "Verdict: A ", "verdict ", "verdict:" + " " * 50, "[[", '"[[A]]" ', "<quote_A>",
     "<answer>[[A]]</answer> ", r"\boxed{Assistant 1} ", "\\boxed{ \\text{", "[[A>B]]\n"],
)  # fmt: skip
def test_a_reply_that_goes_in_circles_is_read_in_linear_time(form: str, piece: str) -> None:
    with no_runaway():
        PAIR_FORMS[form].read(piece * 20_000)
