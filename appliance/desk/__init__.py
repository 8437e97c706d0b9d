"""Officers', supervisors' and managers' pages at a centre."""
