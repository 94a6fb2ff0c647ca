"""Words, instants, bytes and refusals that every other part shares."""
