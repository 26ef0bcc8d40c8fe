"""Explanations of a sample's lines, and what people decide about them."""

from webapp.assignments.services.decisions import decide, holding, rejected_keys, undo
from webapp.assignments.services.evidence import Evidence, of_sample
from webapp.assignments.services.explanations import explanations
from webapp.assignments.services.labels import with_labels, with_labels_of_all

__all__ = [
    "Evidence",
    "decide",
    "explanations",
    "holding",
    "of_sample",
    "rejected_keys",
    "undo",
    "with_labels",
    "with_labels_of_all",
]
