"""Pages of the fund's books."""
