"""Cluster procurement optimizer: which blocks to sign, which options to exercise, what to buy on spot.

from optimizer import load_case, solve, write
plan = solve(load_case("data/tutorial"))
write(plan, "reports/tutorial")
"""

from importlib import import_module

_HOMES = {
    "AuditError": "optimizer.errors",
    "Finding": "optimizer.errors",
    "InputError": "optimizer.errors",
    "OptimizerError": "optimizer.errors",
    "Plan": "optimizer.plan.plan",
    "Request": "optimizer.run",
    "audit": "optimizer.plan.audit",
    "load_case": "optimizer.load",
    "load_plan": "optimizer.plan.save",
    "TreePlan": "optimizer.plan.tree",
    "audit_tree": "optimizer.plan.tree",
    "load_tree": "optimizer.plan.save_tree",
    "solve": "optimizer.run",
    "solve_tree": "optimizer.run",
    "write": "optimizer.publish",
    "write_tree": "optimizer.publish",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    """Import the public names when they are first used, so that `--help` answers at once."""
    if name not in _HOMES:
        raise AttributeError(f"module 'optimizer' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
