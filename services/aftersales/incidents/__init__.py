"""One cause, several homes: proposed by the rules, confirmed by a person, told once."""
