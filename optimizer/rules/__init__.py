"""One file per constraint family: its rows in the program and its check of a plan."""
