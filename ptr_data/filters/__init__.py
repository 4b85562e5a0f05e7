"""Filters: each keeps a question, or drops it with a reason."""
