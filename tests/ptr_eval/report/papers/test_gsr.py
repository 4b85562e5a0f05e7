"""The published figures on generative self-refinement, against each other."""

import numpy as np
import pytest

from ptr_eval.report.papers import gsr
from ptr_eval.stats import Groups, group_statistics

TRAINED = {row.measure: row for row in gsr.methods() if row.model == gsr.NAME}


def counted(benchmark: str) -> Groups:
    correct, total = np.array(gsr.by_correct_candidates()[benchmark]).T
    return group_statistics(correct, total)


@pytest.mark.parametrize("benchmark", gsr.BENCHMARKS.values())
def test_counts_by_correct_candidates_give_back_the_accuracies(benchmark: str) -> None:
    groups = counted(benchmark)
    assert round(100 * groups.refined, 1) == TRAINED["selfRef@4"].values[benchmark]
    assert 100 * groups.pass_at_1 == pytest.approx(TRAINED["pass@1"].values[benchmark], abs=0.11)


def test_gaps_are_refined_answers_less_votes() -> None:
    for model in {row.model for row in gsr.methods()}:
        of_model = {row.measure: row.values for row in gsr.methods() if row.model == model}
        for benchmark, gap in of_model["RG@4"].items():
            worth = of_model["selfRef@4"][benchmark] - of_model["maj@4"][benchmark]
            assert worth == pytest.approx(gap, abs=0.11)


def test_averages_follow_from_the_values() -> None:
    for row in gsr.methods():
        assert np.mean(list(row.values.values())) == pytest.approx(row.average, abs=0.11)


def test_what_the_model_reaches_is_its_table_and_what_the_text_adds() -> None:
    aime = gsr.reached("gsr_aime24")
    assert {name: aime[name] for name in ("pass@1", "maj@4", "maj@5", "selfRef@4")} == {
        name: TRAINED[name].values["AIME24"] for name in ("pass@1", "maj@4", "maj@5", "selfRef@4")
    }
    assert (aime["pass@2"], aime["selfRef@2"]) == (62.5, 63.2)
    assert "pass@2" not in gsr.reached("gsr_aime25")
    assert gsr.reached("gsr_knights_and_knaves") == {"pass@1": 37.3}
    assert gsr.reached("ptr_gsm8k") == {}


def test_reductions_follow_from_the_tokens() -> None:
    for tokens in gsr.tokens().values():
        reduction = 100 * (1 - tokens.refining / tokens.direct)
        assert reduction == pytest.approx(tokens.reduction, abs=0.06)


def test_tables_differ_in_one_known_place() -> None:
    untrained = {r.measure: r.values for r in gsr.methods() if r.model != gsr.NAME}
    ablation = {r.measure: r.values for r in gsr.ablation() if r.method == "no training"}
    assert ablation["pass@1"].items() <= untrained["pass@1"].items()
    differing = ablation["selfRef@4"].items() - untrained["selfRef@4"].items()
    assert differing == {("AIME25", untrained["maj@4"]["AIME25"])}
