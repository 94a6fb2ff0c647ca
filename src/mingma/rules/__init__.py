"""Published rules: what the packs say, and what they make of facts at an instant."""
