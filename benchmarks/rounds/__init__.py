"""Rounds, timed with each backend."""
