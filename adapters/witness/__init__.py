"""A witness: watches the log of a gateway from elsewhere, and signs that it only grew."""
