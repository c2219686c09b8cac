"""Pure decisions, dated: who may receive which field, when a count starts, who may act for whom."""
