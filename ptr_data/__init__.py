"""Building refinement data: queries, thoughts of weak models, answers of a strong one.

Nothing is here yet; the evaluation side, on which it builds, comes first.
"""
