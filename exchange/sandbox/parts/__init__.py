"""The running parts of a sandbox: real processes, kept alive while it runs and never longer."""
