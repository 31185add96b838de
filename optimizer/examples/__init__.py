"""Example cases: a seeded generator of benchmark cases, and published problems rewritten as cases."""
