"""The one way in for files from outside; knows no domain word."""
