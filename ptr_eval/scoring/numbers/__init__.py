"""Numbers: does a response state the right number?

`read_numbers` reads all numbers in a text; `scorer` decides which one is the answer.
"""

from ptr_eval.scoring.numbers.scorer import Mode, score_number

__all__ = ["Mode", "score_number"]
