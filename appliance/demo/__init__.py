"""A centre and headquarters on one machine, with a cable between them that can be cut: to look at, never for real data."""
