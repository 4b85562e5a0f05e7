"""The stages of both methods: declared once, documented, and given nothing but their facts."""

import inspect
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import pytest

from ptr_data.methods.common.config import DataConfig
from ptr_data.methods.common.method import Method
from ptr_data.methods.gsr.stages import GSR
from ptr_data.methods.ptr.stages import PTR
from ptr_data.pipeline.stage import inherited_facts, own_facts, stage_table, stages_before
from tests.ptr_data.methods.gsr import gsr_factory
from tests.ptr_data.methods.ptr import ptr_factory

DOCS = Path(__file__).parents[3] / "docs" / "data.md"
METHODS: dict[str, tuple[Method[Any], Any]] = {"ptr": (PTR, ptr_factory), "gsr": (GSR, gsr_factory)}

both = pytest.mark.parametrize(("method", "factory"), METHODS.values(), ids=METHODS)


@both
def test_the_documentation_shows_the_table_that_the_stages_make(
    method: Method[Any], factory: Any
) -> None:
    table = stage_table(method.stages)
    assert table in DOCS.read_text(), f"docs/data.md must hold this table:\n\n{table}"


@both
def test_stages_read_stages_before_them_and_the_last_depends_on_all(
    method: Method[Any], factory: Any
) -> None:
    names = [stage.name for stage in method.stages]
    assert len(set(names)) == len(names)
    for place, stage in enumerate(method.stages):
        assert set(stage.inputs) <= set(names[:place])
    assert stages_before(method.stages, names[-1]) == set(names[:-1])


@both
def test_a_stage_is_run_with_its_facts_and_nothing_else(
    method: Method[Any], factory: Any, tmp_path: Path
) -> None:
    config = factory.config(tmp_path)
    for stage in method.stages:
        assert list(inspect.signature(stage.run).parameters) == ["job", "facts"]
        declared, facts = get_type_hints(stage.run)["facts"], stage.facts(config)
        assert isinstance(facts, get_origin(declared) or declared), stage.name
        values = [*own_facts(facts).values(), *inherited_facts(facts).values()]
        # The last stage alone sees the configuration, and is fingerprinted by the whole of it.
        whole = [value for value in values if isinstance(value, DataConfig)]
        assert whole == ([config] if stage is method.stages[-1] else [])


@both
def test_a_stage_that_drops_says_how_much_it_lets_through(
    method: Method[Any], factory: Any
) -> None:
    for stage in method.stages:
        assert bool(stage.drops) == bool(stage.yields), stage.name
        if stage.stops_when_empty:
            assert stage.name in stage.yields
