"""Statistics: pure functions on plain numbers."""
