"""Benchmarks: ratios measured in one run, ours beside the machine's own floor or the peer."""
