"""Check whether answers are right: by a scorer of evaluation, by similarity, or by a judge."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from ptr_data.filters.consistency import Embed
from ptr_data.methods.common.tools import Tools, embedder
from ptr_data.models.ask import ask
from ptr_data.models.model import Prompt, TextModel, TextModelSettings
from ptr_data.records import Question, question_id
from ptr_eval.config import ModelName, Settings, Text
from ptr_eval.conversation import Conversation
from ptr_eval.thinking import visible_answer

Verification = Literal["correct", "wrong", "no answer found", "no verdict"]
AnsweredQuestion = tuple[Question, str]
"""A question and an answer to it, without its thinking block and not empty."""
Verify = Callable[[Sequence[AnsweredQuestion], Path | None], list[Verification]]
"""Judges answers, with a ledger for a judge's replies."""


class MathsVerifier(Settings):
    """Compare the final answer with the reference as mathematics."""

    kind: Literal["maths"]
    """`maths`."""


class ScorerVerifier(Settings):
    """Compare the final answer with the reference by another scorer of evaluation."""

    kind: Literal["scorer"]
    """`scorer`."""
    scorer: Literal["exact", "number_strict", "number_flexible"]
    """The scorer's name, as task configurations give it."""


class SimilarityVerifier(Settings):
    """Call an answer correct if it is similar to the reference; for answers that are free text."""

    kind: Literal["similarity"]
    """`similarity`."""
    embedder: ModelName = "BAAI/bge-m3"
    """The embedding model, a hub name or a folder."""
    threshold: Annotated[float, Field(ge=-1, le=1)] = 0.8
    """The least cosine of answer and reference."""


class JudgeVerifier(Settings):
    """Let a model judge, with the reference before it where there is one."""

    kind: Literal["judge"]
    """`judge`."""
    model: Text
    """The name of one of the configuration's models."""


Verifier = Annotated[
    MathsVerifier | ScorerVerifier | SimilarityVerifier | JudgeVerifier,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True)
class Judge:
    """A model that judges, with its settings."""

    model: TextModelSettings
    """The model."""

    def identity(self) -> Any:
        """Describe the judge by its model."""
        return ["judge", self.model.identity()]


NamedVerifier = MathsVerifier | ScorerVerifier | SimilarityVerifier | Judge
"""A verifier, with everything that its verdicts depend on."""

_JUDGING = """\
Is the answer to this request correct? Work out yourself what a correct answer must say, and \
compare. A wrong result is wrong, however well it is argued.

Request:
{question}
{reference}
Answer:
{answer}

Give your reasons in a few sentences. Then end with one line: "Verdict: correct" or \
"Verdict: wrong"."""
_VERDICT = re.compile(r"verdict\s*[:=]\s*\W{0,8}(correct|wrong)\b", re.IGNORECASE)


def verifier_of(verifier: NamedVerifier, tools: Tools) -> Verify:
    """Prepare to verify; what takes long waits until it is asked for the first time."""
    if isinstance(verifier, Judge):
        judge = verifier.model
        return by_judge(lambda: tools.model(judge, keep_thinking=True), judge.thinking_end)
    if isinstance(verifier, SimilarityVerifier):
        return by_similarity(partial(embedder, verifier.embedder), verifier.threshold)
    return by_scorer(verifier.scorer if isinstance(verifier, ScorerVerifier) else "maths")


def by_scorer(name: str) -> Verify:
    """Verify by a scorer of evaluation."""

    def verify(answers: Sequence[AnsweredQuestion], ledger: Path | None) -> list[Verification]:
        from ptr_eval.harness.scorers import SCORERS
        from ptr_eval.harness.settings import TaskSettings

        items = [(text, {"gold": question.reference}) for question, text in answers]
        scored = SCORERS[name].score(items, TaskSettings()) if items else []
        return ["no answer found" if s.verdict == "unparsed" else s.verdict for s in scored]

    return verify


def by_similarity(embed: Callable[[], Embed], threshold: float) -> Verify:
    """Verify by the cosine of answer and reference."""

    def verify(answers: Sequence[AnsweredQuestion], ledger: Path | None) -> list[Verification]:
        texts = list(
            dict.fromkeys(t for question, text in answers for t in (text, question.reference))
        )
        vectors = dict(zip(texts, embed()(texts), strict=True)) if texts else {}
        # Rounding keeps the choice equal on every machine.
        cosines = [round(float(vectors[t] @ vectors[q.reference]), 6) for q, t in answers]
        return ["correct" if cosine >= threshold else "wrong" for cosine in cosines]

    return verify


def by_judge(judge: Callable[[], TextModel], thinking_end: str) -> Verify:
    """Verify by a model's verdict; without one an answer does not count as correct."""

    def verify(answers: Sequence[AnsweredQuestion], ledger: Path | None) -> list[Verification]:
        asked = list(dict.fromkeys(judging(question, text) for question, text in answers))
        prompts = [
            Prompt(Question(question_id(text), text, "", "", 0), Conversation.ask(text))
            for text in asked
        ]
        replies = ask(judge(), prompts, 1, ledger) if prompts else []
        verdicts = {
            text: read_verdict(visible_answer(reply.text, thinking_end))
            for text, (reply,) in zip(asked, replies, strict=True)
        }
        return [verdicts[judging(question, text)] for question, text in answers]

    return verify


def judging(question: Question, answer: str) -> str:
    """Ask a judge."""
    known = question.reference.strip()
    reference = f"\nA correct answer, for comparison:\n{known}\n" if known else ""
    return _JUDGING.format(question=question.text, reference=reference, answer=answer)


def read_verdict(reply: str) -> Verification:
    """Read a judge's verdict off its reply: the last one it states."""
    found = _VERDICT.findall(reply)
    if not found:
        return "no verdict"
    return "correct" if found[-1].lower() == "correct" else "wrong"
