"""Measures of generated music."""
