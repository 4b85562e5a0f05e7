"""Mathematics: does a response give the right mathematical answer?

`find_answer` finds the answer of a response. `compare` decides whether it equals the right one:
both are written in one notation (`normalize`), taken apart (`structure`), and compared as texts
and numbers; what is left is compared symbolically by a process of the `pool`, which runs `worker`.
`scorer` puts these together.
"""

from ptr_eval.scoring.maths.compare import equivalent, equivalent_pairs
from ptr_eval.scoring.maths.scorer import score_maths, score_maths_batch

__all__ = ["equivalent", "equivalent_pairs", "score_maths", "score_maths_batch"]
