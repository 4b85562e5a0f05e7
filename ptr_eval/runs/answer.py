"""The record of one answer: what was asked, what came back, and what it is worth.

It is the only form in which answers travel between model, scorers, metrics, saved runs and
reports, and the only place that knows how a samples file spells one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ptr_eval.protocols import Reply, TurnKind
from ptr_eval.scoring import Score


@dataclass(frozen=True, slots=True)
class Grade:
    """What one scorer made of an answer."""

    score: Score
    """The score."""
    answer_class: int | None = None
    """The number of its class among the answers to the same question: equal numbers for equivalent
    answers. None where there is nothing to vote on, or no answer was found."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One turn of a dialogue, with its reply and its grades."""

    question: int
    """The number of the question; lm-eval's `doc_id`."""
    sample: int
    """Which of several samples of the question, from 0."""
    round: int
    """The round, from 1; a turn that is not scored belongs to the round that follows it."""
    position: int
    """The place among the scored turns of its round, from 0."""
    reply: Reply
    """What came back, and what it cost."""
    kind: TurnKind = "answer"
    """What the turn is for."""
    scored: bool = True
    """Whether it is scored."""
    grades: Mapping[str, Grade] = field(default_factory=dict)
    """What each scorer made of it, by the scorer's name; the first is the headline. Empty where
    there is nothing to judge: the request failed or was refused."""
    unscored: tuple["Answer", ...] = ()
    """The turns of the same round that are not scored; the round's first answer holds them."""
    scorer: str | None = None
    """The scorer under which the answer is looked at; None for the headline."""

    @property
    def place(self) -> tuple[int, int, int]:
        """Its sample, round and position, which name it among the answers to its question."""
        return self.sample, self.round, self.position

    @property
    def grade(self) -> Grade:
        """The grade under `scorer`; a missing answer has none."""
        if self.scorer is None:
            return next(iter(self.grades.values()))
        return self.grades[self.scorer]

    @property
    def score(self) -> Score:
        """The score under `scorer`."""
        return self.grade.score

    @property
    def correct(self) -> bool:
        """Whether it is correct under `scorer`."""
        return self.score.verdict == "correct"

    @property
    def turns(self) -> tuple["Answer", ...]:
        """All turns that this answer stands for: those that are not scored, and itself."""
        return (*self.unscored, self)

    def __str__(self) -> str:
        """Return the extracted answer, which is what lm-eval logs as the filtered response."""
        return self.score.answer or "" if self.grades else self.reply.response


_OLD_KEYS = {
    "shortened": "shortened_candidates",
    "prompt_cut": "truncated",
    "failed": "failure",
}
"""How format 2 spelled what has another name now."""


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """Describe an answer for the samples file, without prompt and response, which stand beside it.

    Args:
        answer: The answer.

    Returns:
        Plain JSON types. Seconds and cached tokens are left out: they differ between a resumed
        run and an uninterrupted one, so the results file has their sums.
    """
    reply = answer.reply
    record: dict[str, Any] = {
        "sample": answer.sample,
        "round": answer.round,
        "position": answer.position,
        "kind": answer.kind,
        "prompt_tokens": reply.prompt_tokens,
        "generated_tokens": reply.generated_tokens,
        "visible_tokens": reply.visible_tokens,
        "dropped_answers": reply.dropped_answers,
        "shortened_candidates": reply.shortened_candidates,
        "finish_reason": reply.finish_reason,
        "truncated": reply.truncated,
        "outcome": reply.outcome,
        "failure": reply.failure,
        "refusal": reply.refusal,
        "scores": {name: _grade_to_json(grade) for name, grade in answer.grades.items()},
    }
    if answer.unscored:
        record["unscored"] = [
            {"prompt": turn.reply.prompt, "response": turn.reply.response, **answer_to_json(turn)}
            for turn in answer.unscored
        ]
    return record


def answer_from_json(
    record: Mapping[str, Any], question: int, prompt: str, response: str
) -> Answer:
    """Rebuild an answer of a samples file, of this format or format 2.

    Args:
        record: What `answer_to_json` made.
        question: The number of the question.
        prompt: The prompt.
        response: The response.

    Returns:
        The answer.

    Raises:
        KeyError: If the record lacks something; other errors if it is no record at all.
    """
    record = {_OLD_KEYS.get(name, name): value for name, value in record.items()}
    return Answer(
        question=question,
        sample=record["sample"],
        round=record["round"],
        position=record["position"],
        reply=Reply(
            response=response,
            prompt=prompt,
            prompt_tokens=record["prompt_tokens"],
            generated_tokens=record["generated_tokens"],
            visible_tokens=record["visible_tokens"],
            finish_reason=_finish_reason(record),
            failure=record["failure"],
            refusal=record.get("refusal"),
            truncated=record["truncated"],
            dropped_answers=record["dropped_answers"],
            shortened_candidates=record["shortened_candidates"],
        ),
        kind=record.get("kind", "answer"),
        grades=_grades(record),
        unscored=_unscored(record.get("unscored", ()), question),
    )


def _grades(record: Mapping[str, Any]) -> dict[str, Grade]:
    """Earlier versions graded requests that failed; nothing of the model is graded there."""
    if record["failure"] is not None:
        return {}
    return {name: _grade_from_json(score) for name, score in record["scores"].items()}


def _unscored(records: Sequence[Mapping[str, Any]], question: int) -> tuple[Answer, ...]:
    turns = (answer_from_json(r, question, r["prompt"], r["response"]) for r in records)
    return tuple(replace(turn, scored=False) for turn in turns)


def _finish_reason(record: Mapping[str, Any]) -> Any:
    if "finish_reason" in record:
        return record["finish_reason"]
    return {True: "length", False: "stop", None: None}[record.get("full")]


def _grade_to_json(grade: Grade) -> dict[str, Any]:
    return {**grade.score.to_dict(), "class": grade.answer_class}


def _grade_from_json(record: Mapping[str, Any]) -> Grade:
    score = Score(
        value=float(record["value"]),
        verdict=record["verdict"],
        answer=record["answer"],
        how=record["how"],
        parts=record["parts"],
        span=_span(record.get("span")),
        kept=record.get("kept", False),
        counts={name: tuple(counts) for name, counts in record.get("counts", {}).items()},
    )
    return Grade(score, record["class"])


def _span(places: Sequence[int] | None) -> tuple[int, int] | None:
    """JSON has lists for tuples; earlier versions have no span."""
    if places is None:
        return None
    start, end = places
    return start, end
