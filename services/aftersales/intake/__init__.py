"""How a problem is told: in taps or in a sentence, with what is known already shown first."""
