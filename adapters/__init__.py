"""The world outside, one folder per kind of neighbour; each plugs into a port of the exchange."""
