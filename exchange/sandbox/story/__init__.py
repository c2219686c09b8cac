"""A school week: planned from one date, told through the public API, held against what arrived."""
