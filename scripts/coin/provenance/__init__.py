"""What made what: the record of a job, and what can be asked of a study's records.

In: a finished study and its records. Out: the audit, explanations of cells, comparisons of studies,
jobs run again, the root and its signature, the crate.
"""
