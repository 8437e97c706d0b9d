"""The replicated log as a library: formats and protocol. Knows no feedback, no SQL, no web."""
