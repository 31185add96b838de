"""Stress tests: what becomes of a plan in thousands of drawn futures."""
