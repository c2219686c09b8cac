"""Seals, signs, derives: no I/O, versioned outputs; nobody passes a nonce, all pass a context."""
