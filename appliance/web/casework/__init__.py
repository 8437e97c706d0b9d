"""Working on cases: the same pages at a centre's desk and at headquarters, not a copy."""
