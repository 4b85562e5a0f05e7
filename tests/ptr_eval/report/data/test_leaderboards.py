"""One leaderboard a level, where runs differ by plan."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ptr_eval.report.data.comparable import Conditions
from ptr_eval.report.data.leaderboards import Leaderboards, leaderboards
from ptr_eval.report.data.panels import Panel
from ptr_eval.report.tables.leaderboard import leaderboard_table, pairwise_table
from tests.ptr_eval.report.panel_factory import made


def run(model: str, *factors: tuple[str, str]) -> Panel:
    name = "/".join([model, *(level for _, level in factors)])
    panel = made(*"ccw", run=name)
    return replace(panel, label=replace(panel.label, checkpoint=model, factors=factors))


def boards(panels: Sequence[Panel], prompt: str = "instruction") -> Leaderboards:
    """Rank runs whose prompts differ where this factor does."""
    conditions = [
        Conditions(
            panel.label.run, panel.task, "1", "abc",
            {prompt: dict(panel.label.factors).get(prompt, "")}, {}, "strict",
        )
        for panel in panels
    ]  # fmt: skip
    return leaderboards(panels, conditions, rng=np.random.default_rng(0), resamples=100)


def test_several_instructions_have_a_leaderboard_each() -> None:
    found = boards(
        [run(m, ("instruction", i)) for i in ("neutral", "critical") for m in ("base", "ptr")]
    )
    assert list(found.by_level) == ["instruction neutral", "instruction critical"]
    critical = found.by_level["instruction critical"]
    assert {s.label.run for s in critical.standings} == {"base/critical", "ptr/critical"}
    assert found.refused == ()
    assert found.notes == ("Runs are ranked among those of the same level.",)
    title = leaderboard_table(critical, "instruction critical", "leaderboard-2").title
    assert title == "Leaderboard: instruction critical"
    pairs = pairwise_table(critical, "instruction critical", "pairs-2")
    assert pairs.title == "Leaderboard, instruction critical: every pair"


def test_a_sweep_of_candidates_has_a_leaderboard_for_every_number() -> None:
    panels = [run(m, ("candidates", k)) for k in ("4", "8") for m in ("base", "gsr")]
    found = boards([*panels, run("base", ("candidates", "16"))], "candidates")
    assert list(found.by_level) == ["k = 4", "k = 8"]
    assert "Alone in their level, and so not ranked: base/16." in found.notes


def test_seeds_and_rounds_are_ranked_together() -> None:
    found = boards([run("base", ("seed", "1")), run("base", ("seed", "2"))])
    assert list(found.by_level) == [""]


def test_models_that_differ_by_accident_are_refused_as_ever() -> None:
    found = boards([run("base", ("instruction", "neutral")), run("ptr", ("instruction", "other"))])
    assert found.by_level == {}
    (refusal,) = found.refused
    assert refusal.startswith("No leaderboard: the runs differ.")
    assert "set `allow: [prompt]`" in refusal
