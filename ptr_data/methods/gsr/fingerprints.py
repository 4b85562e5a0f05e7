"""What the output of each stage of this build depends on."""

from typing import Any

from ptr_data.methods.gsr.config import GsrConfig
from ptr_data.methods.gsr.selection import SourceDirect, TeacherDirect
from ptr_data.methods.ptr.fingerprints import (
    Fingerprints,
    benchmark_facts,
    model_facts,
    source_facts,
)

STAGES = ("read", "clean", "unique", "candidates", "groups", "solutions", "refine", "attempts",
          "pool", "direct", "finish")  # fmt: skip
"""The stages, in order."""


def fingerprints(config: GsrConfig) -> dict[str, str]:
    """Fingerprint the stages of a build.

    A changed setting changes the fingerprints of its stage and of those that read its output,
    and of no other.
    """
    prints = Fingerprints()
    add = prints.add
    student, teacher = (model_facts(config.model(n)) for n in (config.student, config.teacher))
    benchmarks, direct, wording = (
        benchmark_facts(config.decontamination),
        config.direct,
        config.prompt.question,
    )
    verifier = _verifier(config)
    samples = direct.samples if isinstance(direct, TeacherDirect) else None
    column = direct.column if isinstance(direct, SourceDirect) else None
    sources = [source_facts(source) for source in config.sources]
    thinking = config.solutions.keep_thinking
    add("read", (), sources, config.shard, config.prefilter, config.judge is None, column)
    add("clean", ["read"], config.cleaning, config.duplicates, benchmarks)
    add("unique", ["clean"], config.duplicates)
    add("candidates", ["unique"], student, config.candidates.samples, wording)
    add("groups", ["candidates"], config.candidates, config.prompt, verifier)
    add("solutions", ["groups"], teacher, config.solutions.samples)
    add("refine", ["solutions"], config.solutions, verifier, config.split, benchmarks)
    add("attempts", ["unique"], teacher, samples, wording)
    add("pool", ["attempts"], column, verifier if samples else None, benchmarks)
    add("direct", ["pool", "refine"], direct, config.split, thinking, wording)
    add("finish", ["refine", "direct"], config.name)
    return prints.found


def _verifier(config: GsrConfig) -> Any:
    if config.judge is None:
        return config.verifier
    return ["judge", model_facts(config.model(config.judge))]
