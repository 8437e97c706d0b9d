"""The transparency log on the store: append, read, head, verify."""
