"""What can be measured of texts without a judge: pure functions on strings and counts.

words.py         a text as words, as the comparisons read it
rewriting.py     what an answer changed of those before it, and what it copied
overlap.py       BLEU and chrF from counts an item
python_code.py   what a program looks like, without running it
"""

from ptr_eval.texts.overlap import CORPUS_FIGURES, CorpusFigure, bleu, chrf, overlap_counts
from ptr_eval.texts.python_code import CodeQuality, code_quality
from ptr_eval.texts.rewriting import Rewriting, edit_distance, rewriting
from ptr_eval.texts.words import MOST_WORDS, Words, words_of

__all__ = [
    "CORPUS_FIGURES",
    "MOST_WORDS",
    "CodeQuality",
    "CorpusFigure",
    "Rewriting",
    "Words",
    "bleu",
    "chrf",
    "code_quality",
    "edit_distance",
    "overlap_counts",
    "rewriting",
    "words_of",
]
