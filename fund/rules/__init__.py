"""Pure rules of the books: no Django, no clock, no database."""
