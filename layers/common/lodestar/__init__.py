"""What every function stands on: no business nouns here."""
