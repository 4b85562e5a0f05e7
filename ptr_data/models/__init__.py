"""Models that write: thoughts, then answers, through any backend or from a recording."""
