"""Reading the fund's books across tables."""
