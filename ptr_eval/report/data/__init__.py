"""From saved runs to arrays: the tidy table, panels and groups."""
