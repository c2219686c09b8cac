"""The whole exchange on one machine: set up, kept running, and a school week lived in it."""
