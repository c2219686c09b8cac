"""What a person sees of the sandbox: collected on one board, shown live or line by line."""
