"""What made what: the record of a job, and what can be asked of a study's records.

In: a finished study and its records. Out: the audit, explanations of cells, the crate.
"""
