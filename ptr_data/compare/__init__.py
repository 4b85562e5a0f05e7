"""What thoughts and worked examples do to a strong model's answers, measured before a build.

config.py     what to compare
arms.py       the ways in which a strong model is asked, and what is compared with what
answers.py    asking the models
measuring.py  scores of the answers that are compared
result.py     tests of what differs, and of what a build would have of a pair of models
report.py     the table, the same as JSON, and one sentence
run.py        all of it, resumable, and what it would ask
"""
