"""Replanning: what was decided is frozen, the rest is planned again, with as little churn as it is worth."""
