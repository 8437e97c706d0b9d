"""Shared web plumbing: what every face (citizens' pages, desk, headquarters) is built on."""
