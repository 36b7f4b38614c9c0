"""What else diagnoses a mass: handcrafted features, and pretrained backbones.

In: a fold's ROIs, labels and patients. Out: probabilities of the masses that it holds out.
"""
