"""Who somebody is: papers become keyed pseudonyms here, and nothing past here sees a number."""
