"""Data for progressive thought refinement: thoughts of weak models, answers of a strong one."""
