"""The study's own paper, the captions of its report, and checklists: words around its numbers.

All numbers come from tables, settings and records; none is typed.
"""
