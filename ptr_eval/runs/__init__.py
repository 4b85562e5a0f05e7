"""Saved runs: the only reader and writer of results, samples and selections."""
