"""The prediction of achievement: how well a student will do in the next semester, by a decision tree.

**What it looks at.** Three features a student (`features.py`): the mean mark of all reports so far, the category of the
parents' income, the category of attendance (of all days together, by the school's bands).

**What it learns from.** The label of a student is the band of the mean mark in the *last* report: Rendah below 75,
Sedang from 75, Tinggi from 85. The features that belong to it come from the semesters *before* that report only, marks
and attendance alike: what is to be foretold never explains itself. So whoever has one report is predicted, but not
learned from; whoever has none is neither. The income is as it is now: the school keeps no earlier ones.

**What is missing.** A category that is not known is a level of its own, below the lowest, so the tree may part it off
from the known ones; nothing is guessed in its place. A mean mark must be there.

**How it learns.** scikit-learn's decision tree with the entropy criterion, after C4.5 (Quinlan, 1993), on at least 30
students of at least two bands; how good it is comes from stratified cross-validation, where no student is judged by a
tree that has learned from that student.

A prediction says what became of students with similar numbers. It is a reason to look, not a judgement.
"""
