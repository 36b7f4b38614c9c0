"""The words of data_report.csv: one row a record of the source."""

RECORD_COLUMNS = ["record", "image", "finding", "used", "reason", "warning"]
"""`reason` says why a record is left out, and is empty where it is used; `warning` says what looks
odd about one that is used."""

NOTHING, OTHER, MASS = "nothing", "other", "mass"
"""`finding`: an image without annotations, an annotation of something that is no mass, a mass."""

UNUSABLE = "unusable: "
"""How the reason begins for which a record is left out that should have been used."""

ASSESSMENT, PATHOLOGY = "a radiologist's assessment (BI-RADS), not pathology", "pathology"

LABELS_ARE = {
    "phantom": "drawn with the masses",
    "inbreast": ASSESSMENT,
    "cbis-ddsm": PATHOLOGY,
    "mini-mias": "the severity in Info.txt",
    "vindr-mammo": ASSESSMENT,
    "table": "the column label of masses.csv",
}
"""Where the labels come from, by data format, in words for reports and captions."""
