"""Futures drawn from stated uncertainty."""
