"""Benefit standards, claims, settlement and clearing."""
