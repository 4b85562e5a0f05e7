"""Wordings of the shipped tasks, compared on a real model.

texts.py      the wordings
questions.py  the questions: those on which wordings are compared, and others
plan.py       what is asked
asking.py     asks the model, and keeps every answer
rounds.py     later rounds: instructions, and requests for a synthesis
files.py      the files of answers
figures.py    what the answers show
tables.py     the tables of the report
"""
