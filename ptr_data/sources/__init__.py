"""Queries: files and hub data sets, read into records."""
