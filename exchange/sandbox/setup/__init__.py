"""Making a sandbox: every step can be repeated, and finishes what was left half-made."""
