"""Building refinement data: queries, thoughts of weak models, answers of a strong one."""
