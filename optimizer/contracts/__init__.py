"""One file per contract type. A type found here is part of the product: its table, its rows, its money."""
