"""Records that may become grounds: what each kind says, and the one door they enter by."""
