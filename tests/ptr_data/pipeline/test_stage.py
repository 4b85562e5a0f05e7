"""Stages: their facts, what is before them, and their table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ptr_data.pipeline.stage import (
    Inherited,
    Stage,
    inherited_facts,
    own_facts,
    stage_table,
    stages_before,
)


@dataclass(frozen=True, slots=True)
class Facts:
    size: int
    names: Sequence[str]
    colour: Inherited[str]


def stage(name: str, *inputs: str, **more: Any) -> Stage[object]:
    return Stage(
        name,
        title=name,
        does=f"does {name}",
        facts=lambda config: config,
        run=lambda job, facts: {},
        inputs=inputs,
        **more,
    )


def test_facts_are_the_stage_s_own_or_taken_over() -> None:
    facts = Facts(1, ["a"], "red")
    assert own_facts(facts) == {"size": 1, "names": ["a"]}
    assert inherited_facts(facts) == {"colour": "red"}


def test_what_a_stage_depends_on_is_found_through_others() -> None:
    stages = [stage("a"), stage("b", "a"), stage("side", "a"), stage("c", "b")]
    assert stages_before(stages, "c") == {"a", "b"}
    assert stages_before(stages, "a") == set()


def test_the_table_has_a_line_for_each_stage() -> None:
    stages = [stage("a", scope="all"), stage("b", "a", drops="too long")]
    assert stage_table(stages) == (
        "| stage | reads | works on | what it does | what it drops |\n"
        "|---|---|---|---|---|\n"
        "| `a` | | all shards | does a | |\n"
        "| `b` | a | a shard | does b | too long |\n"
    )
