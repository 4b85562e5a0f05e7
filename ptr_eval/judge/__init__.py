"""The one judge of the project: a model that compares two answers, or verifies or checks one.

form.py          what it is asked, and how its verdict is read
statements.py    which of the verdicts in a text is stated last
shipped.py       the forms of published judges, and ours
files.py         forms by name or from a file
match.py         two answers in both orders: decided, tied, order-dependent, unreadable, failed
"""

from ptr_eval.judge.files import resolve_form
from ptr_eval.judge.form import JudgeForm
from ptr_eval.judge.match import (
    MATCH_OUTCOMES,
    MATCH_RESULTS,
    NO_FIGURE,
    POINTS,
    UNDECIDED,
    JudgedPair,
    JudgeReply,
    MatchOutcome,
    MatchResult,
    count_outcomes,
    decides,
    outcomes_in_words,
    read_reply,
    read_text,
    refuse_silence,
    require_readable,
)
from ptr_eval.judge.shipped import CHECKLIST, CORRECTNESS, PAIR_FORMS, PLAIN, SINGLE_FORMS

__all__ = [
    "CHECKLIST",
    "CORRECTNESS",
    "MATCH_OUTCOMES",
    "MATCH_RESULTS",
    "NO_FIGURE",
    "PAIR_FORMS",
    "PLAIN",
    "POINTS",
    "SINGLE_FORMS",
    "UNDECIDED",
    "JudgeForm",
    "JudgeReply",
    "JudgedPair",
    "MatchOutcome",
    "MatchResult",
    "count_outcomes",
    "decides",
    "outcomes_in_words",
    "read_reply",
    "read_text",
    "refuse_silence",
    "require_readable",
    "resolve_form",
]
