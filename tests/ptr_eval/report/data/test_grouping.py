"""Group panels, cut from the tidy table."""

import numpy as np

from ptr_eval.report.data.grouping import group_panels
from ptr_eval.report.data.groups import GroupOrigin
from ptr_eval.runs import Selection
from tests.ptr_eval.report.group_factory import frame_of, groups_of, measured


def chose(chosen: dict[tuple[int, int], int | None], size: int) -> Selection:
    return Selection("task", "samples", "rm", "reward", "model", size, chosen, 10)


def test_candidates_and_refined_answers_are_laid_out_by_group() -> None:
    panel = groups_of("caab>cc bb-c>ca", "aaaa>ba ccbb>cc")
    assert (panel.size, panel.pooled, panel.refined) == (4, False, True)
    assert panel.groups.classes[0].tolist() == [[0, 1, 1, 2], [2, 2, -1, 0]]
    assert panel.groups.correct[0].tolist() == [[True] + [False] * 3, [False] * 3 + [True]]
    assert panel.groups.refined.tolist() == [[[1, 1], [1, 0]], [[0, 0], [1, 1]]]
    assert panel.groups.present.all()
    assert (panel.groups.candidate_tokens == 150).all()
    assert (panel.groups.refined_tokens == 210).all()
    assert (panel.solving.visible == 30).all()
    assert panel.samples.tolist() == [0, 1]


def test_rows_may_come_in_any_order() -> None:
    frame = frame_of("caab>c bb-c>a", "aaaa>b ccbb>c")
    origins = {("run", "task"): GroupOrigin({})}
    (one,), (other,) = (group_panels(f, origins) for f in (frame, frame.iloc[::-1]))
    assert np.array_equal(one.groups.classes, other.groups.classes)
    assert np.array_equal(one.groups.refined, other.groups.refined)


def test_groups_that_lack_something_are_counted() -> None:
    panel = groups_of("caab>c bb-c", "x-c>- ccbb>x")
    assert panel.groups.present.tolist() == [[True, True], [False, True]]
    assert np.isnan(panel.groups.refined[0, 1]).all()
    found = panel.quality
    assert (found.unfinished, found.no_answer) == (1, 2)
    assert found.candidates.tolist() == [14, 0, 0, 0, 1]
    assert (found.shortened, found.truncated) == (2, 0)
    assert np.isnan(found.full)
    assert found.refined.tolist() == [2, 0, 0, 0, 1]
    assert found.refined_no_answer == 1


def test_candidates_that_failed_or_were_refused_are_no_votes_and_their_groups_are_left_out() -> (
    None
):
    panel = groups_of("cax>c", "car>c", "ca->c", "xxx>c")
    assert panel.groups.present.tolist() == [[False], [False], [True], [False]]
    assert panel.quality.unfinished == 3
    assert panel.no_claim == "33 % failed, 8 % refused"
    assert groups_of("caa>c", "caa>-").no_claim == ""


def test_refined_answers_that_failed_are_not_wrong_ones() -> None:
    panel = groups_of("ca>cx", "ca>xx")
    assert np.isnan(panel.groups.refined).tolist() == [[[False, True]], [[True, True]]]
    assert np.isnan(panel.refining.generated).tolist() == [[[False, True]], [[True, True]]]


def test_candidates_at_their_token_limit_are_counted() -> None:
    assert groups_of("ca>c", "ab>c", at_limit=1.0).quality.full == 4
    assert groups_of("ca>c", "ab>c", at_limit=0.0).quality.full == 0


def test_samples_of_single_answers_are_a_pool() -> None:
    panel = groups_of("c>c a>c c>a", "a>a a>a b>c")
    assert (panel.size, panel.pooled, panel.refined) == (3, True, False)
    assert panel.groups.classes.tolist() == [[[0, 1, 0]], [[1, 1, 2]]]
    assert panel.groups.refined.shape == (2, 1, 0)


def test_single_answers_of_one_sample_are_no_groups() -> None:
    assert group_panels(frame_of("c>a", "a>c"), {("run", "task"): GroupOrigin({})}) == []


def test_later_rounds_are_not_refined_answers() -> None:
    assert groups_of("ca>a>c", "ca>a>c").groups.refined.ravel().tolist() == [0, 0]


def test_choices_among_candidates_are_scored_on_the_groups_that_count() -> None:
    chosen = chose({(0, 0): 1, (0, 1): 0, (1, 0): None, (1, 1): 1}, 2)
    panel = groups_of("ac>c ca>c", "cc>c cc", origin=GroupOrigin({}, selections=[chosen]))
    assert panel.selected["BoN@2 (rm)"][0].tolist() == [1, 1]
    assert panel.selected["BoN@2 (rm)"][1, 0] == 0
    assert np.isnan(panel.selected["BoN@2 (rm)"][1, 1])


def test_where_a_judge_decided_nothing_there_is_nothing_to_score() -> None:
    positions = {(0, 0): 1, (0, 1): 0, (1, 0): 0, (1, 1): 1}
    for outcomes, known in (({"decided": 1, "tied": 3}, True), ({"decided": 0, "tied": 4}, False)):
        chosen = Selection("task", "s", "j", "judge", "m", 2, positions, 10, outcomes, "plain")
        panel = groups_of("ac>c ca>c", "cc>c cc>c", origin=GroupOrigin({}, selections=[chosen]))
        assert panel.selections == {"BoN@2 (j)": chosen}
        assert np.isnan(panel.selected["BoN@2 (j)"]).any() != known
        (one,) = measured(panel)
        assert ("BoN@2 (j)" in one.outcomes) == known
        assert ("BoN@2 (j)" in one.by_correct) == known


def test_choices_in_a_pool_are_scored_by_consecutive_samples() -> None:
    chosen = chose({(0, 0): 1, (0, 1): 0, (1, 0): 0}, 2)
    panel = groups_of("a c c a c", "c a a a a", origin=GroupOrigin({}, selections=[chosen]))
    values = panel.selected["BoN@2 (rm)"]
    assert values.shape == (2, 2)
    assert values[0].tolist() == [1, 1]
    assert values[1, 0] == 1
    assert np.isnan(values[1, 1])
