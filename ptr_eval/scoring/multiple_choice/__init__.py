"""Multiple choice: which option does a response choose?

Nothing is guessed: a label that is only mentioned is no answer. It works in this order:

1. `scorer.score_options` calls everything below and compares the result with the right label.
2. `options` prepares the options; `normalize` writes the response in one plain form, and
   `option_lists` removes the options where the response repeats them.
3. A response that is nothing but an option is the answer (`find_lone_answer.find_whole_option`).
4. `ptr_eval.scoring.answers` finds what the response states. It asks `matcher.OptionMatcher` which
   option is named at a place: `response_text` reads what begins there ("the answer is C"), and
   `subject` what ends there ("C is correct").
5. Where nothing is stated, `find_lone_answer` looks for a label or text that stands alone, with
   `opening` for one with which the response opens, and with `completion` for an option in a
   sentence of the question's own words.
"""

from ptr_eval.scoring.multiple_choice.scorer import score_options

__all__ = ["score_options"]
