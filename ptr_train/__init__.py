"""Training models that refine their answers.

Nothing is here yet; the data it trains on come first.
"""
