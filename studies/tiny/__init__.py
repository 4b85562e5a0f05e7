"""The tiny problem over several seeds, with all controls: run, then read."""
