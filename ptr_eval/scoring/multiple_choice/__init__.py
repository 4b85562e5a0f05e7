"""Multiple choice: find the option that a response states, and compare it."""
