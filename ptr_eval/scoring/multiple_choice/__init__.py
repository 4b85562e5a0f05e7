"""Multiple choice: which option does a response choose?

Nothing is guessed: a label that is only mentioned is no answer. It works in this order:

1. `scorer.score_options` calls everything below and compares the result with the right label.
2. `options` prepares the options; `normalize` writes the response in one plain form.
3. `split_questions` cuts the response where the model writes a further question. The first part
   that has an answer counts.
4. `option_lists` removes repeated options from the part; `response_text` makes a `ResponseText`
   of it, which reads what is named at a given place.
5. A response that is nothing but an option is the answer (`find_lone_answer.find_whole_option`).
6. `find_statements` finds where a choice is stated: after a noun ("the answer is"), after the
   words of the table in `cues` ("I choose"), and before a predicate (`find_predicates`: "C is
   correct"). `statement_weight` decides how much each `statement.ChoiceStatement` counts.
7. What was retracted is dropped, and the last firm statement wins. Where there is none,
   `find_lone_answer` looks for a label or text that stands alone; then the last tentative
   statement counts.
"""

from ptr_eval.scoring.multiple_choice.scorer import score_options

__all__ = ["score_options"]
