"""The words around a study's numbers: its own paper, its report's captions, and checklists.

In: tables, figures, settings and records. Out: a PDF, reStructuredText, Markdown.
"""
