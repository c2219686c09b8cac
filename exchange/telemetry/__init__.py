"""What may be said about the work: events with listed fields, counters, and the trace context."""
