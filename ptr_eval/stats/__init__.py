"""Statistics: pure functions on plain numbers and arrays."""

from ptr_eval.stats.bootstrap import bootstrap_means, percentile_interval
from ptr_eval.stats.cost import tokens_per_correct, tokens_per_net_fix
from ptr_eval.stats.estimates import (
    Estimate,
    clustered_error,
    mean_estimate,
    recorded_mean,
    wilson,
)
from ptr_eval.stats.groups import Groups, group_statistics, headroom_used
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

__all__ = [
    "VERDICTS",
    "BestFixed",
    "Changes",
    "Difference",
    "Estimate",
    "Groups",
    "Omnibus",
    "Stopped",
    "Transition",
    "agreement",
    "best_fixed",
    "bootstrap_means",
    "changes",
    "clustered_error",
    "cochran_q",
    "detectable",
    "group_statistics",
    "headroom_used",
    "holm",
    "items_needed",
    "last_round",
    "mcnemar_exact",
    "mean_estimate",
    "oracle",
    "paired_difference",
    "percentile_interval",
    "recorded_mean",
    "replay",
    "tokens_per_correct",
    "tokens_per_net_fix",
    "transition",
    "transition_counts",
    "wilson",
]
