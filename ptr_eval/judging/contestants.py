"""The answers of a saved run, as a judge reads them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ptr_eval.harness.lm_eval_format import asked_question
from ptr_eval.runs import Answer, SavedTask, questions
from ptr_eval.runs.judgements import Place
from ptr_eval.thinking import read_mark


@dataclass(frozen=True, slots=True)
class Contestant:
    """An answer that may be judged."""

    place: Place
    """Its sample, round and position."""
    text: str | None
    """What it says after its thinking block; the text of the answer that it keeps, if it keeps
    one; empty if that is nothing; None if its request failed or was refused."""


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """A question with its answers."""

    number: int
    """Its number."""
    fingerprint: str
    """A digest of it."""
    asked: str
    """What was asked, without system prompt and examples."""
    checklist: tuple[str, ...]
    """What a good answer must do, if the question has a list of that."""
    answers: Mapping[Place, Contestant]
    """Its answers, by place."""

    def rounds(self, sample: int) -> dict[int, list[Contestant]]:
        """List the answers of a sample by round, in the order of their positions."""
        found: dict[int, list[Contestant]] = {}
        for place in sorted(self.answers):
            if place[0] == sample:
                found.setdefault(place[1], []).append(self.answers[place])
        return found

    @property
    def samples(self) -> list[int]:
        """The samples."""
        return sorted({place[0] for place in self.answers})


def read_contestants(saved: SavedTask) -> Iterator[JudgedQuestion]:
    """Read the answers of a task."""
    settings = saved.description.settings
    mark = read_mark(settings["thinking_end"])
    carries = settings.get("kept", "carry") == "carry"
    for question in sorted(questions(saved), key=lambda question: question.number):
        texts: dict[Place, str | None] = {}
        for answer in sorted(question.answers, key=lambda answer: answer.place):
            texts[answer.place] = _text(answer, mark, texts if carries else {})
        checklist = question.fields.get("checklist")
        yield JudgedQuestion(
            number=question.number,
            fingerprint=question.fingerprint,
            asked=asked_question(saved.config["doc_to_text"], question.fields),
            checklist=tuple(map(str, checklist)) if isinstance(checklist, list) else (),
            answers={place: Contestant(place, text) for place, text in texts.items()},
        )


def _text(answer: Answer, mark: str, earlier: Mapping[Place, str | None]) -> str | None:
    if answer.reply.missing:
        return None
    sample, round_, position = answer.place
    kept = earlier.get((sample, round_ - 1, position))
    if kept and answer.grades and answer.score.kept:
        return kept
    return answer.reply.visible(mark).text.strip()
