"""Saved runs: the only reader and writer of results, samples and selections.

answer.py        the record of one answer, and how a samples file spells it
description.py   the `ptr` section of a results file
log.py           answers put into what lm-eval logs
saved.py         a run read again: tasks, questions, answers
find.py          which runs a path stands for
factors.py       what runs differ in by plan
naming.py        what the runs of a report are called
reported.py      the runs and tasks of a report
files.py         names of files
metrics.py       the metrics of a results file
records.py       what was made of a samples file later: rows, and what describes them
selections.py    what reward models and judges chose
judgements.py    what judges made of answers, match by match
checklists.py    which items of a checklist answers meet
responses.py     responses made elsewhere
"""

from ptr_eval.runs.answer import Answer, Grade
from ptr_eval.runs.description import (
    CACHED,
    RECORD_FORMAT,
    SECONDS,
    TaskDescription,
    description_to_json,
)
from ptr_eval.runs.files import results_in, samples_of
from ptr_eval.runs.find import find_tasks, newest_results, read_run, tasks_wanted
from ptr_eval.runs.log import answer_in, log_answer, logged_answers, plain_sample, put_answer
from ptr_eval.runs.metrics import Metric, metrics_of
from ptr_eval.runs.reported import ReportedTask, RunEntry
from ptr_eval.runs.responses import NOT_RECORDED, read_responses, recorded_reply, writable
from ptr_eval.runs.run_label import RunLabel, in_words
from ptr_eval.runs.saved import (
    SavedQuestion,
    SavedTask,
    failed_requests,
    is_unscored,
    questions,
    questions_at,
    read_results,
    samples_are_there,
    tasks_of,
)
from ptr_eval.runs.selections import (
    Method,
    SelectedGroup,
    Selection,
    Selector,
    check_free,
    read_selections,
    write_selection,
)

__all__ = [
    "CACHED",
    "NOT_RECORDED",
    "RECORD_FORMAT",
    "SECONDS",
    "Answer",
    "Grade",
    "Method",
    "Metric",
    "ReportedTask",
    "RunEntry",
    "RunLabel",
    "SavedQuestion",
    "SavedTask",
    "SelectedGroup",
    "Selection",
    "Selector",
    "TaskDescription",
    "answer_in",
    "check_free",
    "description_to_json",
    "failed_requests",
    "find_tasks",
    "in_words",
    "is_unscored",
    "log_answer",
    "logged_answers",
    "metrics_of",
    "newest_results",
    "plain_sample",
    "put_answer",
    "questions",
    "questions_at",
    "read_responses",
    "read_results",
    "read_run",
    "read_selections",
    "recorded_reply",
    "results_in",
    "samples_are_there",
    "samples_of",
    "tasks_of",
    "tasks_wanted",
    "writable",
    "write_selection",
]
