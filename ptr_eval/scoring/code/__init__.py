"""Code: does the program in a response pass its tests?

`find_program` finds the program in what a model wrote; `scorer` runs it with its tests.
"""

from ptr_eval.scoring.code.find_program import extract_program
from ptr_eval.scoring.code.scorer import human_eval_program, pass_at_k, score_code, score_programs

__all__ = ["extract_program", "human_eval_program", "pass_at_k", "score_code", "score_programs"]
