"""What the future may bring: scenarios, the shocks that make them differ, and the case that each of them is."""
