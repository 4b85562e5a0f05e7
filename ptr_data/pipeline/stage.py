"""What a stage of a build is: one record, from which everything else about it derives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, Generic, Literal, TypeVar, get_type_hints

from ptr_data.pipeline.units import StageStats, StageWork

C = TypeVar("C", contravariant=True)
V = TypeVar("V")

_INHERITED = "inherited"

Inherited = Annotated[V, _INHERITED]
"""The type of a fact that a stage takes over from a stage before it, where it is fingerprinted."""


@dataclass(frozen=True, slots=True)
class Stage(Generic[C]):
    """A stage, declared once: order, fingerprints, yields and documentation derive from it."""

    name: str
    """Its name: of its folder, in fingerprints and in other stages' `inputs`."""
    title: str
    """What the progress bar says."""
    does: str
    """What it does, for the documentation."""
    facts: Callable[[C], Any]
    """From the configuration to a frozen dataclass with everything that the output depends on.
    Its fields are fingerprinted, and `run` sees nothing else of the configuration."""
    run: Callable[[Any, Any], StageStats | StageWork]
    """Does one unit of the work: `run(job, facts)`, with a `Job`; a generator if it asks models."""
    inputs: tuple[str, ...] = ()
    """The stages whose output it reads; it may read those before them, too."""
    scope: Literal["shard", "all"] = "shard"
    """Whether it works on one shard at a time, or on all at once."""
    yields: tuple[str, ...] = ()
    """The names under which its stats say what it let through, in order."""
    drops: str = ""
    """What the reasons for dropping are, for the documentation; empty if it drops nothing."""
    needed: Callable[[Any], bool] = lambda facts: True
    """From the facts to whether it runs at all."""
    stops_when_empty: bool = False
    """Whether the build stops if it leaves nothing."""
    check: Callable[[Sequence[StageStats], Any], None] = lambda stats, facts: None
    """Looks at the stats of the finished stage, and raises a `UserError` to stop the build."""


def own_facts(facts: Any) -> dict[str, Any]:
    """List the facts that a stage is fingerprinted by."""
    return {name: value for name, value, inherited in _facts(facts) if not inherited}


def inherited_facts(facts: Any) -> dict[str, Any]:
    """List the facts that a stage takes over from stages before it."""
    return {name: value for name, value, inherited in _facts(facts) if inherited}


def _facts(facts: Any) -> list[tuple[str, Any, bool]]:
    hints = get_type_hints(type(facts), include_extras=True)
    return [
        (f.name, getattr(facts, f.name), _INHERITED in getattr(hints[f.name], "__metadata__", ()))
        for f in fields(facts)
    ]


def stages_before(stages: Sequence[Stage[Any]], name: str) -> frozenset[str]:
    """Find the stages that a stage depends on, directly or through others."""
    by_name = {stage.name: stage for stage in stages}
    found: set[str] = set()
    waiting = list(by_name[name].inputs)
    while waiting:
        if (other := waiting.pop()) not in found:
            found.add(other)
            waiting += by_name[other].inputs
    return frozenset(found)


def stage_table(stages: Sequence[Stage[Any]]) -> str:
    """Write the table of the stages that the documentation shows, in Markdown."""
    lines = ["| stage | reads | works on | what it does | what it drops |", "|---|---|---|---|---|"]
    for stage in stages:
        scope = "a shard" if stage.scope == "shard" else "all shards"
        cells = (f"`{stage.name}`", ", ".join(stage.inputs), scope, stage.does, stage.drops)
        lines.append("|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|")
    return "\n".join(lines) + "\n"
