"""What can be measured of texts without a judge: pure functions on strings and counts.

words.py         a text as words, as the comparisons read it
rewriting.py     what an answer changed of those before it, and what it copied
overlap.py       BLEU and chrF from counts an item
python_code.py   what a program looks like, without running it
"""
