"""A judge's form: what a judge is asked, and how the verdict is read off its reply."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from ptr_eval.conversation import Conversation
from ptr_eval.judge.statements import last_statement

Preference = Literal["A", "B", "tie"]
"""The answer that is shown first, the answer that is shown second, or neither."""

Correctness = Literal["correct", "wrong"]

Verdict = Literal["A", "B", "tie", "correct", "wrong", "yes", "no"]
"""A preference, whether an answer is correct, or whether it meets an item of a checklist."""

PAIR = ("question", "first", "second")
"""The places of a prompt that compares two answers."""

SINGLE = ("question", "answer")
"""The places of a prompt about one answer; it may also have `reference`."""

_PLACE = re.compile(r"\{(question|first|second|reference|answer|item)\}")


@dataclass(frozen=True, slots=True)
class JudgeForm:
    """What a judge is asked, and the form of the verdict that ends its reply."""

    name: str
    """What it is called: the name of a shipped one, or the name of its file."""
    prompt: str
    """What the user says. A prompt that compares two answers has the places `{question}`, `{first}`
    and `{second}`; one about one answer has `{question}`, `{answer}` and, for a paragraph that
    gives a known correct answer, `{reference}`."""
    verdict: str
    """A regular expression, in which case does not matter, for a verdict; its only group is what
    `means` explains."""
    means: Mapping[str, Verdict]
    """What each text of that group means, in lower case and without blanks."""
    system: str = ""
    """The system prompt; empty for none."""

    @property
    def compares(self) -> bool:
        """Whether it compares two answers, and is not about a single one."""
        return "{second}" in self.prompt

    def ask(self, **texts: str) -> Conversation:
        """Ask a judge.

        Args:
            **texts: A text for each place of the prompt.

        Returns:
            The conversation that the judge is to continue.
        """
        prompt = _PLACE.sub(lambda place: texts[place[1]], self.prompt)
        return Conversation.ask(prompt, self.system or None)

    def read(self, reply: str) -> Verdict | None:
        """Read the verdict off the visible text of a reply.

        Args:
            reply: The text, without thinking block.

        Returns:
            The last verdict that the reply states in this form; None if it states none, or two
            that contradict each other.
        """
        found = re.finditer(self.verdict, reply, re.IGNORECASE)
        stated = [(_key(match[1]), match.span()) for match in found if match[1]]
        known = [(self.means[key], span) for key, span in stated if key in self.means]
        return last_statement(reply, known)

    def compare(self, question: str, first: str, second: str) -> Conversation:
        """Ask which of two answers is better.

        Args:
            question: What was asked.
            first: The answer that is shown first.
            second: The other.

        Returns:
            The conversation that the judge is to continue.
        """
        nothing = "(no answer)"
        return self.ask(question=question, first=first or nothing, second=second or nothing)

    def check(self, question: str, answer: str, item: str) -> Conversation:
        """Ask whether an answer meets an item of a checklist."""
        return self.ask(question=question, answer=answer or "(no answer)", item=item)

    def verify(self, question: str, answer: str, reference: str = "") -> Conversation:
        """Ask whether an answer is correct.

        Args:
            question: What was asked.
            answer: The answer.
            reference: A correct answer; empty if none is known.

        Returns:
            The conversation that the judge is to continue.
        """
        known = reference.strip()
        shown = f"\nA correct answer, for comparison:\n{known}\n" if known else ""
        return self.ask(question=question, answer=answer, reference=shown)


def problems(form: JudgeForm) -> list[str]:
    """Say what is wrong with a form of one's own."""
    found = []
    wanted = PAIR if form.compares or "{first}" in form.prompt else SINGLE
    if missing := [f"{{{name}}}" for name in wanted if f"{{{name}}}" not in form.prompt]:
        found.append(f"`prompt`: the place {' and '.join(missing)} is missing")
    meanings = get_args(Preference) if form.compares else get_args(Correctness)
    if strange := [value for value in form.means.values() if value not in meanings]:
        found.append(f"`means`: {strange[0]!r} is none of {', '.join(meanings)}")
    needed = ("A", "B") if form.compares else get_args(Correctness)
    if unsaid := [value for value in needed if value not in form.means.values()]:
        found.append(f"`means`: nothing means {' or '.join(unsaid)}")
    try:
        groups = re.compile(form.verdict).groups
    except re.error as error:
        found.append(f"`verdict`: not a regular expression ({error})")
    else:
        if groups != 1:
            found.append(f"`verdict`: must have one group in round brackets, not {groups}")
    return found


def _key(text: str) -> str:
    return "".join(text.split()).casefold()
