"""What the console's pages show, as values: a template has nothing left to decide."""
