"""What is asked of round 1: which wordings of which tasks, on which questions."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .asking import Asked
from .questions import TASKS, newest_of, prompts_of, templates_of

LOOKED_AT = ("ptr_arc_easy", range(40))
"""Where all wordings for multiple choice are looked at first."""
SHORTLIST = ("v1", "one_option", "one_best", "one_exactly", "one_is")
SHORTLISTED_ON = ("ptr_arc_easy", "ptr_commonsense_qa", "ptr_winogrande")
"""Where the wordings of the short list are compared."""
SHORTLISTED = 60
"""On how many questions; the first two of the list are asked of the other tasks, too."""
TEXTS = (
    "one_text", "one_itself", "exactly_text", "exactly_itself", "exactly_full", "option_text",
    "text", "copy", "reply", "letter_text", "text_letter", "one_copy", "own_words",
)  # fmt: skip
"""The wordings that ask for the text of an option, not for its letter alone."""
TEXTS_ON = ("ptr_arc_easy", "ptr_commonsense_qa", "ptr_mmlu")
"""Where those are compared, on as many questions as the short list."""
TEXTS_ELSEWHERE = 6
"""How many of them, from the first, are asked of the other tasks, too."""
COMPARED = range(200)
"""The questions on which wordings are compared, at most: the former and the chosen one on all."""
CONFIRMED = range(200, 400)
"""Other questions, on which the chosen wording is confirmed, at most."""
FINALISTS = ("one_best", "one_exactly", "exactly_text", "option_text")
"""The wordings for multiple choice that are asked on all those questions, with the former one."""
OTHERS = {
    "ptr_gsm8k": 40, "ptr_drop": 60, "ptr_math": 60, "ptr_xsum": 60, "ptr_humaneval": 60,
}  # fmt: skip
"""Of tasks without options, on how many questions all their wordings are compared."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A wording of a task, on some questions."""

    task: str
    wording: str
    places: range

    def asked(self, out: Path, data: Path) -> Asked:
        """Word the questions.

        Args:
            out: The folder of answers.
            data: The folder of official files.

        Returns:
            What to ask.
        """
        prompts = prompts_of(self.task, self.wording, self.places, data)
        messages = {place: [{"role": "user", "content": text}] for place, text in prompts.items()}
        path = out / "answers" / f"{self.task}.{self.wording}.jsonl"
        return Asked(path, messages, TASKS[self.task].tokens, {})


def stages() -> Iterator[Stage]:
    """List what is asked, in order: what decides comes first.

    Yields:
        The stages.
    """
    task, places = LOOKED_AT
    yield from (Stage(task, wording, places) for wording in templates_of(task))
    choice = [task for task, about in TASKS.items() if about.kind == "choice"]
    for task in choice:
        wordings = SHORTLIST if task in SHORTLISTED_ON else SHORTLIST[:2]
        yield from (Stage(task, wording, COMPARED[:SHORTLISTED]) for wording in wordings)
    for task in choice:
        wordings = TEXTS if task in TEXTS_ON else TEXTS[:TEXTS_ELSEWHERE]
        yield from (Stage(task, wording, COMPARED[:SHORTLISTED]) for wording in wordings)
    final = {
        task: FINALISTS if about.kind == "choice" else (newest_of(task),)
        for task, about in TASKS.items()
        if about.kind
    }
    for places in (COMPARED, CONFIRMED):
        yield from (Stage(task, one, places) for task in choice for one in final[task])
    for task, number in OTHERS.items():
        yield from (Stage(task, wording, COMPARED[:number]) for wording in templates_of(task))
    for task in [task for task in final if task not in choice]:
        yield from (Stage(task, newest_of(task), places) for places in (COMPARED, CONFIRMED))
    yield from (Stage(task, "v1", COMPARED) for task in final)
