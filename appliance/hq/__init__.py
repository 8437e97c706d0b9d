"""Headquarters: its pages, and the endpoint that centres exchange batches with."""
