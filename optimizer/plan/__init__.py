"""The answer: quantities, the money and capacity they move, and what the solver proved about them."""
