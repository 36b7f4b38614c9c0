"""What every part uses: the words and numbers agreed on, files, errors, processes, devices.

In: nothing. Out: nothing of a study; no other part is imported here.
"""
