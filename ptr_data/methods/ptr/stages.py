"""The stages of a build by progressive thought refinement, in order."""

from ptr_data.methods.common.export import ExportFacts
from ptr_data.methods.common.method import Method
from ptr_data.methods.common.questions import ReadFacts, read
from ptr_data.methods.common.stages import CLEAN, UNIQUE
from ptr_data.methods.ptr.answers import AnswerFacts, answers
from ptr_data.methods.ptr.config import PtrConfig
from ptr_data.methods.ptr.export import finish
from ptr_data.methods.ptr.gate import GateFacts, check, gate
from ptr_data.methods.ptr.plain_rows import SftFacts, sft
from ptr_data.methods.ptr.refinement_rows import RowFacts, rows
from ptr_data.methods.ptr.thoughts import ThoughtFacts, thoughts
from ptr_data.models.model import TextModelSettings
from ptr_data.pipeline.stage import Stage


def _weak(config: PtrConfig) -> list[TextModelSettings]:
    return [config.model(name) for name in config.weak]


def _strong(config: PtrConfig) -> TextModelSettings:
    return config.model(config.strong)


STAGES: tuple[Stage[PtrConfig], ...] = (
    Stage(
        name="read",
        title="Reading",
        does="divides the questions into shards",
        facts=lambda config: ReadFacts(config.sources, config.shard),
        run=read,
        scope="all",
        yields=("read",),
        drops="unreadable row",
    ),
    CLEAN,
    UNIQUE,
    Stage(
        name="gate",
        title="Gate",
        does="tests on a sample whether the strong model is better than each weak one (one-sided "
        "Wilcoxon signed-rank test); the build stops if it is not",
        facts=lambda config: GateFacts(
            config.gate, config.measure, config.models, _weak(config), _strong(config)
        ),
        run=gate,
        inputs=("unique",),
        scope="all",
        needed=lambda facts: facts.gate is not None and facts.measure is not None,
        check=check,
    ),
    Stage(
        name="thoughts",
        title="Thoughts",
        does="the weak models write thoughts; texts that are empty, cut off, failed or repeat "
        "themselves are left out",
        facts=lambda config: ThoughtFacts(_weak(config), config.thoughts, config.outputs),
        run=thoughts,
        inputs=("unique",),
        yields=("thoughts",),
        drops="no thought is left, with the most common reason",
    ),
    Stage(
        name="answers",
        title="Answers",
        does="the strong model writes answers; texts are left out as above, and also copies of "
        "thoughts",
        facts=lambda config: AnswerFacts(
            _strong(config), config.answers, config.outputs, config.answers.examples
        ),
        run=answers,
        inputs=("thoughts",),
        yields=("answers",),
        drops="no answer is left, with the most common reason",
    ),
    Stage(
        name="rows",
        title="Rows",
        does="compares the mean cosine of all pairs of answers with the threshold, keeps the "
        "answer that is nearest to all others (the medoid), and makes a row of it",
        facts=lambda config: RowFacts(
            consistency=config.consistency,
            split=config.split,
            instruction=config.instruction,
            benchmarks=config.decontamination,
            weak=_weak(config),
            strong=_strong(config),
            answers=config.answers,
        ),
        run=rows,
        inputs=("answers",),
        yields=("rows",),
        drops="samples disagree, answer far from thoughts, benchmark text in the answer",
        stops_when_empty=True,
    ),
    Stage(
        name="sft",
        title="Mixing",
        does="chooses plain answers so that they are `share` of all rows",
        facts=lambda config: SftFacts(
            config.sft,
            config.sft.sources if config.sft else None,
            config.cleaning,
            config.decontamination,
            config.split,
        ),
        run=sft,
        inputs=("rows",),
        scope="all",
        yields=("sft",),
        drops="as `clean`; no answer",
        needed=lambda facts: facts.sft is not None,
    ),
    Stage(
        name="finish",
        title="Finishing",
        does="writes Parquet, JSON Lines, card and manifest",
        facts=ExportFacts,
        run=finish,
        inputs=("rows", "sft", "gate"),
        scope="all",
    ),
)
"""All that is known of the stages; see `Stage`."""

PTR = Method(PtrConfig, STAGES)
"""Progressive thought refinement."""
