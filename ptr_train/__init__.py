"""Trains models that refine their answers, and the baselines they are compared with."""
