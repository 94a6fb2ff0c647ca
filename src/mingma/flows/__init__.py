"""Use cases, one a file: read, decide, write – in that order, once."""
