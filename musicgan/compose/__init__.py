"""Generation: sampling, constraints, critic guidance, primer, endings."""
