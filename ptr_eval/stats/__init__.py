"""Statistics: pure functions on plain numbers and arrays."""

from ptr_eval.stats.bootstrap import bootstrap_means, percentile_interval
from ptr_eval.stats.breakdown import (
    LevelAccuracy,
    accuracy_by,
    correct_candidates,
    correct_position,
    distinct_answers,
)
from ptr_eval.stats.cost import tokens_per_correct, tokens_per_net_fix
from ptr_eval.stats.estimates import (
    Estimate,
    clustered_error,
    interval,
    mean_estimate,
    recorded_mean,
    wilson,
)
from ptr_eval.stats.groups import (
    CandidateGroups,
    GroupEstimates,
    Groups,
    counted_groups,
    group_estimates,
    group_statistics,
    headroom_used,
)
from ptr_eval.stats.matched import (
    CandidateCurve,
    MatchedVote,
    candidate_curve,
    equal_calls,
    equal_tokens,
)
from ptr_eval.stats.paired import (
    Difference,
    Omnibus,
    cochran_q,
    holm,
    mcnemar_exact,
    paired_difference,
)
from ptr_eval.stats.power import detectable, items_needed
from ptr_eval.stats.stopping import (
    BestFixed,
    Stopped,
    agreement,
    best_fixed,
    last_round,
    oracle,
    replay,
)
from ptr_eval.stats.transitions import (
    VERDICTS,
    Changes,
    Transition,
    changes,
    transition,
    transition_counts,
)
from ptr_eval.stats.voting import majority_at_k, majority_curve, pass_curve, vote, votes

__all__ = [
    "VERDICTS",
    "BestFixed",
    "CandidateCurve",
    "CandidateGroups",
    "Changes",
    "Difference",
    "Estimate",
    "GroupEstimates",
    "Groups",
    "LevelAccuracy",
    "MatchedVote",
    "Omnibus",
    "Stopped",
    "Transition",
    "accuracy_by",
    "agreement",
    "best_fixed",
    "bootstrap_means",
    "candidate_curve",
    "changes",
    "clustered_error",
    "cochran_q",
    "correct_candidates",
    "correct_position",
    "counted_groups",
    "detectable",
    "distinct_answers",
    "equal_calls",
    "equal_tokens",
    "group_estimates",
    "group_statistics",
    "headroom_used",
    "holm",
    "interval",
    "items_needed",
    "last_round",
    "majority_at_k",
    "majority_curve",
    "mcnemar_exact",
    "mean_estimate",
    "oracle",
    "paired_difference",
    "pass_curve",
    "percentile_interval",
    "recorded_mean",
    "replay",
    "tokens_per_correct",
    "tokens_per_net_fix",
    "transition",
    "transition_counts",
    "vote",
    "votes",
    "wilson",
]
