"""Mathematics: does a response give the right mathematical answer?

`find_answer` finds the answer of a response. `compare` decides whether it equals the right one:
both are written in one notation (`normalize`, with `characters`, `numerals` and `phrases`) or one
wording (`words`), and taken apart (`structure`). Texts and numbers are compared there; what is left
is calculated by a process of the `pool`, which runs `worker`: it parses both answers (`parse`) and
compares sets, equations and inequalities (`symbolic`) down to expressions (`expressions`).
`scorer` puts these together.
"""

from ptr_eval.scoring.maths.compare import equivalent, equivalent_pairs
from ptr_eval.scoring.maths.scorer import score_maths, score_maths_batch

__all__ = ["equivalent", "equivalent_pairs", "score_maths", "score_maths_batch"]
