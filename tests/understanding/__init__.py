"""How much of what people write is understood: a set of utterances, and how each is taken."""
