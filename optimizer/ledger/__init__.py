"""What a decision moves: capacity, power and money, as postings on ledgers."""
