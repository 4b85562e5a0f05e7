"""The training loop: one trainer for all methods, checkpoints, and evaluation while it runs."""
