"""A second implementation of the bit contract, which shares nothing with the first: no import of spinsc in here."""
