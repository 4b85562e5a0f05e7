"""The plugin: everything that touches lm-eval, and nothing else does."""
