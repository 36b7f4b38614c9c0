"""From a folder of mammograms to ROIs in folds (Section III-A).

In: the raw data. Out: masses.csv, rois.npy, folds.csv, and what a fold may train on.
"""
