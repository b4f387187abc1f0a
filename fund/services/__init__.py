"""The only writers of the fund's books."""
