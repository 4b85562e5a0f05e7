"""Figures on parallel refinement, from groups of candidates."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ptr_eval.report.data.group_measures import GroupMeasures, measure
from ptr_eval.report.data.groups import DataQuality, GroupOrigin, GroupPanel, TokenCounts
from ptr_eval.report.papers import gsr
from ptr_eval.report.plots.group_figures import (
    by_correct,
    group_figures,
    over_candidates,
    refined,
    token_use,
)
from ptr_eval.runs import RunLabel
from ptr_eval.stats import CandidateGroups

NO_REQUESTS = np.zeros(5, dtype=np.int64)
NAN = float("nan")


def token_counts(shape: tuple[int, ...], generated: float, visible: float) -> TokenCounts:
    return TokenCounts(*(np.full(shape, number) for number in (50.0, generated, visible)))


def panel(
    correct: Any,
    outcomes: Any,
    *,
    run: str = "run",
    task: str = "gsr_aime24",
    checkpoint: str = "model",
    pooled: bool = False,
    visible: float = 100.0,
    **more: Any,
) -> GroupPanel:
    """Make groups of candidates of which correct ones are all alike, and so are wrong ones."""
    right = np.asarray(correct, dtype=bool)
    after = np.asarray(outcomes, dtype=float)
    solving, refining = (
        token_counts(right.shape, 1000, visible),
        token_counts(after.shape, 600, visible),
    )
    return GroupPanel(
        label=RunLabel(run, checkpoint, "GSR", step=more.get("step")),
        task=task,
        scorer="exact",
        origin=GroupOrigin(more.get("settings", {})),
        items=np.arange(len(right)),
        samples=np.array([-1]) if pooled else np.arange(right.shape[1]),
        groups=CandidateGroups(
            classes=np.where(right, 0, 1),
            correct=right,
            refined=after,
            candidate_tokens=solving.prompt + solving.generated,
            refined_tokens=refining.prompt + refining.generated,
            present=np.ones(right.shape[:2], dtype=bool),
        ),
        solving=solving,
        refining=refining,
        selected=more.get("selected", {}),
        quality=DataQuality(0, NO_REQUESTS, 0, NAN, 0, 0, NO_REQUESTS, 0, 0),
    )


def measured(*panels: GroupPanel) -> list[GroupMeasures]:
    return measure(panels, rng=np.random.default_rng(0), resamples=100)


def published_panel(benchmark: str = "AIME24") -> GroupPanel:
    """Spell the groups that Table 5 counts, each a question of its own."""
    correct, outcomes = [], []
    for m, (right, total) in enumerate(gsr.by_correct_candidates()[benchmark]):
        correct += [[[at < m for at in range(4)]]] * total
        outcomes += [[[1.0]]] * right + [[[0.0]]] * (total - right)
    return panel(correct, outcomes)


FEW = panel(
    [[[1, 1, 0, 0]], [[1, 0, 0, 0]], [[0, 0, 0, 0]]],
    [[[1.0]], [[1.0]], [[0.0]]],
    selected={"BoN@4 (rm)": np.array([[1.0], [0.0], [0.0]])},
)


def test_published_counts_give_the_published_accuracies() -> None:
    (one,) = measured(published_panel())
    found = by_correct(one, published=True)
    assert list(found.groups) == [272, 128, 144, 156, 260]
    values = [estimate.value for estimate in found.accuracy["selfRef@4"]]
    assert values == pytest.approx([16 / 272, 77 / 128, 129 / 144, 152 / 156, 1])
    assert list(found.published) == pytest.approx(values)
    worth = refined(one)
    assert round(100 * worth.refined.value, 1) == 66.0
    assert round(100 * worth.pass_at_1.value, 1) == 50.1


def test_refined_answers_that_are_all_right_have_an_interval_but_votes_do_not() -> None:
    (one,) = measured(published_panel())
    found = by_correct(one, published=False).accuracy
    low, high = found["selfRef@4"][4].low, found["selfRef@4"][4].high
    assert 0.98 < low < high == 1
    assert np.isnan(found["maj@4"][4].low)


def test_votes_and_selections_stand_beside_refined_answers() -> None:
    (one,) = measured(FEW)
    found = by_correct(one, published=False)
    assert list(found.accuracy) == ["selfRef@4", "maj@4", "BoN@4 (rm)"]
    assert [e.value for e in found.accuracy["maj@4"]][:3] == [0, 0, 0.5]
    assert [e.value for e in found.accuracy["BoN@4 (rm)"]][:3] == [0, 0, 1]
    assert list(found.published) == []


def test_published_values_are_only_for_the_paper_s_tasks_and_k() -> None:
    other = panel([[[1, 0, 0, 0]]] * 2, [[[1.0]]] * 2, task="gsr_knights_and_knaves")
    three = panel([[[1, 0, 0]]] * 2, [[[1.0]]] * 2)
    for one in measured(other, three):
        assert list(by_correct(one, published=True).published) == []
        assert token_use(one.panel, published=True).published is None
    assert token_use(FEW, published=True).published == (13232, 8878)
    assert token_use(FEW, published=False).published is None


def test_published_values_of_bars_and_curves_are_the_paper_s_for_the_same_k() -> None:
    puzzles = panel([[[1, 0, 0, 0]]] * 2, [[[1.0]]] * 2, task="gsr_knights_and_knaves")
    three = panel([[[1, 0, 0]]] * 2, [[[1.0]]] * 2)
    elsewhere = panel([[[1, 0, 0, 0]]] * 2, [[[1.0]]] * 2, settings={"aggregator": "hf:b"})
    four, knights, few, other = measured(FEW, puzzles, three, elsewhere)
    assert list(refined(four, published=True).published) == pytest.approx([0.501, 0.6, 0.66])
    assert list(refined(knights, published=True).published) == pytest.approx(
        [0.373, NAN, NAN], nan_ok=True
    )
    assert list(refined(other, published=True).published)[2] == pytest.approx(NAN, nan_ok=True)
    assert refined(few, published=True).published == refined(four).published == ()
    (curves, of_knights) = over_candidates([four, knights], published=True)
    assert curves.published["pass@k"] == pytest.approx({1: 0.501, 2: 0.625})
    assert curves.published["maj@k"] == pytest.approx({4: 0.6, 5: 0.607})
    assert curves.published["selfRef@k"] == pytest.approx({2: 0.632, 4: 0.66})
    assert of_knights.published == {"pass@k": {1: pytest.approx(0.373)}}
    assert over_candidates([four])[0].published == {}


def test_runs_of_one_checkpoint_are_lined_up_over_k() -> None:
    two = panel([[[1, 0]], [[1, 0]]], [[[1.0]], [[0.0]]], run="two")
    four = panel([[[1, 0, 1, 0]], [[1, 0, 0, 0]]], [[[1.0]], [[1.0]]], run="four")
    other = panel([[[1, 0]], [[1, 0]]], [[[1.0]], [[0.0]]], run="b", checkpoint="else")
    found, alone = over_candidates(measured(two, four, other))
    assert {size: estimate.value for size, estimate in found.refined.items()} == {2: 0.5, 4: 1}
    assert len(found.pass_at) == len(found.majority_at) == 4
    assert (found.run, alone.run) == ("model", "else")
    assert list(alone.refined) == [2]


def test_steps_are_checkpoints_of_their_own() -> None:
    steps = [panel([[[1, 0]]] * 2, [[[1.0]]] * 2, run=str(at), step=at) for at in (0, 100)]
    found = over_candidates(measured(*steps))
    assert [one.run for one in found] == ["model, step 0", "model, step 100"]


def test_what_is_no_matter_of_candidates_has_a_line_of_its_own() -> None:
    runs = [
        replace(one, label=replace(one.label, factors=factors))
        for one, factors in (
            (panel([[[1, 0]]] * 2, [[[1.0]]] * 2, run="a"), (("temperature", "0.7"),)),
            (panel([[[1, 0]]] * 2, [[[1.0]]] * 2, run="b"), (("temperature", "1.0"),)),
            (panel([[[1, 0]]] * 2, [[[1.0]]] * 2, run="c"), (("candidates", "2"),)),
        )
    ]
    found = over_candidates(measured(*runs))
    names = [one.run for one in found]
    assert names == ["model, temperature 0.7", "model, temperature 1.0", "model"]


def test_a_gap_too_many_of_whose_requests_failed_has_no_whisker() -> None:
    one = panel([[[1, 0]], [[0, 0]], [[1, 1]]], [[[1.0]], [[1.0]], [[0.0]]])
    failed = replace(one.quality, refined=np.array([2, 0, 0, 0, 1]))
    (fine,), (unfit,) = measured(one), measured(replace(one, quality=failed))
    assert np.isfinite(refined(fine).gap.low)
    assert np.isnan([refined(unfit).gap.low, refined(unfit).gap.high]).all()
    assert refined(unfit).gap.value == refined(fine).gap.value


def test_another_model_s_answers_are_no_self_refinement() -> None:
    other = panel([[[1, 0]]] * 2, [[[1.0]]] * 2, settings={"aggregator": "hf:b"})
    (one,) = measured(other)
    assert not refined(one).by_itself
    assert over_candidates([one])[0].refined == {}
    assert "selfRef@2" not in by_correct(one, published=False).accuracy


def test_tokens_are_means_of_what_was_generated() -> None:
    found = token_use(FEW, published=False)
    assert (found.thinking, found.summary) == (900, 100)
    assert (found.direct.value, found.refining.value) == (1000, 600)


@pytest.mark.parametrize("visible", [999.0, 1001.0, NAN])
def test_what_is_not_thinking_is_not_shown_as_thinking(visible: float) -> None:
    plain = panel([[[1, 0]]] * 2, [[[1.0]]] * 2, visible=visible)
    assert np.isnan(token_use(plain, published=False).thinking)


def test_all_figures_are_drawn() -> None:
    names = [plot.name for plot in group_figures(measured(FEW), published=True)]
    assert names == [
        "refinement-gap",
        "refined-answers--gsr-aime24",
        "accuracy-by-correct-candidates--run",
        "accuracy-over-candidates--model",
        "tokens-by-part--run",
    ]


def test_samples_that_were_not_refined_have_curves_alone() -> None:
    pool = panel([[[1, 0, 1]], [[0, 0, 1]]], np.full((2, 1, 0), NAN), pooled=True, visible=NAN)
    names = [plot.name for plot in group_figures(measured(pool), published=True)]
    assert names == ["accuracy-over-candidates--model"]
    assert group_figures([]) == []
