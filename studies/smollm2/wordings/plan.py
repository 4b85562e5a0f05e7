"""What is asked of round 1: which wordings of which tasks, on which questions."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .asking import Asked
from .questions import TASKS, newest_of, prompts_of, templates_of

LOOKED_AT = ("ptr_arc_easy", range(40))
"""Where all wordings for multiple choice are looked at first."""
COMPARED = range(200)
"""The questions on which wordings are compared."""
CONFIRMED = range(200, 400)
"""Other questions, on which the chosen wording is confirmed."""
FEWER = {"ptr_math": 100, "ptr_xsum": 100, "ptr_humaneval": 164}
"""Of these tasks, whose answers are long, fewer questions are asked."""


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
    for task, about in TASKS.items():
        if about.kind != "choice":
            compared = COMPARED[: FEWER.get(task, len(COMPARED))]
            yield from (Stage(task, wording, compared) for wording in templates_of(task))
    for places in (COMPARED, CONFIRMED):
        for task, about in TASKS.items():
            if about.kind:
                fewer = places[: FEWER.get(task, len(places))]
                yield Stage(task, newest_of(task), fewer)
