"""The build: stages over shards, each finished one marked, so that a killed build goes on."""
