"""A judge over rounds: is a later answer better than an earlier one, where none is right or wrong?

contestants.py   the answers of a saved run, as a judge reads them
matches.py       which answers meet
options.py       what is judged, and what cannot be done
run.py           asking, and writing what came of it
rubric.py        a checklist a question instead of a second answer
people.py        the same matches for people: a blinded page and a CSV that reads back
told.py          what the command prints
"""

from ptr_eval.harness.judging import JudgeSettings
from ptr_eval.judging.options import JudgeOptions
from ptr_eval.judging.run import judge_rounds

__all__ = ["JudgeOptions", "JudgeSettings", "judge_rounds"]
