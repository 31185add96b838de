"""Bundles whose costs are steps under what they ask of the trunk: branch and bound on that."""
