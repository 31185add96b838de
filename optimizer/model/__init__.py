"""From a case to its program, to a solver, and back."""
