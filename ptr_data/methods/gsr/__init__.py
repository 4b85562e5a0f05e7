"""Data for parallel refinement: candidates, and better solutions made of them."""
