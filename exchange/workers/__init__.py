"""Small loops beside the gateway; they and it meet only in PostgreSQL."""
