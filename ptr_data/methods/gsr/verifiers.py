"""Check whether answers are right: by a scorer of evaluation, by similarity, or by a judge."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from ptr_data.filters.consistency import Embed
from ptr_data.methods.common.judge_forms import SingleFormName
from ptr_data.methods.common.tools import Tools, embedder
from ptr_data.models.ask import ask
from ptr_data.models.model import Prompt, TextModel, TextModelSettings
from ptr_data.records import Question, question_id
from ptr_eval.config import ModelName, Settings, Text
from ptr_eval.conversation import Conversation
from ptr_eval.judge import CORRECTNESS, JudgeForm, JudgeReply, read_text, refuse_silence
from ptr_eval.thinking import visible_answer

if TYPE_CHECKING:
    from ptr_eval.harness.asks import Work

Verification = Literal["correct", "wrong", "no answer found", "no verdict", "judge failed"]
"""What is known of an answer. The last two are a judge's: its reply has no verdict in its form, or
there is no reply."""
UNVERIFIED: tuple[Verification, ...] = ("no verdict", "judge failed")
"""What says nothing of an answer, which is then neither shown nor trained on."""
AnsweredQuestion = tuple[Question, str]
"""A question and an answer to it, without its thinking block and not empty."""
Verify = Callable[[Sequence[AnsweredQuestion], Path | None], "Work[list[Verification]]"]
"""Judges answers, as work that may ask a judge, with a ledger for its replies."""


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
    judge_form: SingleFormName = "plain"
    """What it is asked, and how its verdict is read: `plain`, or a YAML file."""


Verifier = Annotated[
    MathsVerifier | ScorerVerifier | SimilarityVerifier | JudgeVerifier,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True)
class Judge:
    """A model that judges, with its settings."""

    model: TextModelSettings
    """The model."""
    form: JudgeForm = CORRECTNESS
    """What it is asked, and the form of its verdicts."""

    def identity(self) -> Any:
        """Describe the judge by its model and its form."""
        return ["judge", self.model.identity(), asdict(self.form)]


NamedVerifier = MathsVerifier | ScorerVerifier | SimilarityVerifier | Judge
"""A verifier, with everything that its verdicts depend on."""
_MANY = 20
"""Of fewer replies, all that could not be read may be the answers' doing."""


def verifier_of(verifier: NamedVerifier, tools: Tools) -> Verify:
    """Prepare to verify; what takes long waits until it is asked for the first time."""
    if isinstance(verifier, Judge):
        judge = verifier.model
        return by_judge(
            lambda: tools.model(judge, keep_thinking=True), judge.thinking_end, verifier.form
        )
    if isinstance(verifier, SimilarityVerifier):
        return by_similarity(partial(embedder, verifier.embedder), verifier.threshold)
    return by_scorer(verifier.scorer if isinstance(verifier, ScorerVerifier) else "maths")


def by_scorer(name: str) -> Verify:
    """Verify by a scorer of evaluation."""

    def verify(
        answers: Sequence[AnsweredQuestion], ledger: Path | None
    ) -> "Work[list[Verification]]":
        yield from ()  # Nobody is asked.
        from ptr_eval.harness.scorers import SCORERS
        from ptr_eval.harness.settings import TaskSettings

        items = [(text, {"gold": question.reference}) for question, text in answers]
        scored = SCORERS[name].score(items, TaskSettings()) if items else []
        return ["no answer found" if s.verdict == "unparsed" else s.verdict for s in scored]

    return verify


def by_similarity(embed: Callable[[], Embed], threshold: float) -> Verify:
    """Verify by the cosine of answer and reference."""

    def verify(
        answers: Sequence[AnsweredQuestion], ledger: Path | None
    ) -> "Work[list[Verification]]":
        yield from ()  # Nobody is asked.
        texts = list(
            dict.fromkeys(t for question, text in answers for t in (text, question.reference))
        )
        vectors = dict(zip(texts, embed()(texts), strict=True)) if texts else {}
        # Rounding keeps the choice equal on every machine.
        cosines = [round(float(vectors[t] @ vectors[q.reference]), 6) for q, t in answers]
        return ["correct" if cosine >= threshold else "wrong" for cosine in cosines]

    return verify


def by_judge(
    judge: Callable[[], TextModel], thinking_end: str, form: JudgeForm = CORRECTNESS
) -> Verify:
    """Verify by a model's verdict; without one an answer does not count as correct."""

    def verify(
        answers: Sequence[AnsweredQuestion], ledger: Path | None
    ) -> "Work[list[Verification]]":
        asked = [form.verify(q.text, text, q.reference) for q, text in answers]
        different = list(dict.fromkeys(asked))
        prompts = [Prompt(_as_question(one), one) for one in different]
        replies = (yield from ask(judge(), prompts, 1, ledger)) if prompts else []
        judged = [
            read_text(form, visible_answer(one.text, thinking_end), one.failed, cut=one.full)
            for (one,) in replies
        ]
        verdicts = {one: _verification(reply) for one, reply in zip(different, judged, strict=True)}
        if len(judged) >= _MANY and not {"correct", "wrong"} & set(verdicts.values()):
            refuse_silence(judged, judge().name, form, "`verifier.judge_form`")
        return [verdicts[one] for one in asked]

    return verify


def _as_question(asked: Conversation) -> Question:
    text = asked.opening[-1].content
    return Question(question_id(text), text, "", "", 0)


def _verification(reply: JudgeReply) -> Verification:
    if reply.failure is not None:
        return "judge failed"
    return reply.verdict if reply.verdict in ("correct", "wrong") else "no verdict"
