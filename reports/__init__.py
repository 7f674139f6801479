"""The report, its figures and its experiments, and the commands."""

from ..optimizers.moved import moved

moved(__name__, {
    "airfoil": "experiments.airfoil", "command_line": "commands.command_line", "drawing": "figures.drawing",
    "exercises": "chapters.exercises", "families": "chapters.families", "javascript": "page.javascript",
    "lecture": "chapters.lecture", "markup": "page.markup", "optimizer_pages": "chapters.optimizer_pages",
    "overview": "chapters.overview", "regression": "experiments.regression",
    "rule_theory": "chapters.rule_theory", "sharpness": "experiments.sharpness",
    "training": "experiments.training", "training_table": "experiments.training_table",
    "trials": "experiments.trials", "typeset": "page.typeset",
})  # fmt: skip
