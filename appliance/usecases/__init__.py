"""The only writers: one function an act, one transaction each."""
